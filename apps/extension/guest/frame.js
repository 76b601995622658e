//! The only script that may start in a sandbox's frame, named by its hash in the manifest. It makes the Worker that is the home of the code, carries
//! bytes between that and the frame's one port, and ends a Worker that floods. The code itself never runs in this document.
(() => {
  'use strict';
  // Defence in depth: nothing here uses them, and nothing of the guest's runs in this realm. The wall is the policy of the page.
  const NETWORK = ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'RTCIceTransport', 'WebTransport', 'WebSocket', 'WebSocketStream', 'XMLHttpRequest', 'EventSource', 'fetch'];
  for (const name of NETWORK) {
    delete globalThis[name];
    Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
  }

  // Limits: of one message, and of what comes within one second. A port can't be paused, so who sends more is ended.
  const MESSAGE_MAX = 1 << 20;
  const SECOND_BYTES_MAX = 2 << 20;
  const SECOND_MESSAGES_MAX = 1_000;
  const MARKS = new Set([null, 1, 2]);

  function gate() {
    let since = performance.now(), bytes = 0, messages = 0;
    return (data) => {
      const now = performance.now();
      if (now - since > 1_000) [since, bytes, messages] = [now, 0, 0];
      messages += 1;
      const isBytes = data instanceof Uint8Array;
      if (isBytes) bytes += data.byteLength;
      else if (!MARKS.has(data)) return 'it sent what is no message';
      if (isBytes && data.byteLength > MESSAGE_MAX) return 'it sent a message that is too large';
      return bytes > SECOND_BYTES_MAX || messages > SECOND_MESSAGES_MAX ? 'it sent too much at a time' : undefined;
    };
  }

  function start({ script, wasm, ticket }, port, control) {
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const worker = new Worker(url);
    const judge = gate();
    const end = (why) => {
      worker.terminate();
      control.postMessage({ gone: why });
    };
    let isOver = false;
    worker.onmessage = ({ data }) => {
      if (isOver) return;
      const why = judge(data);
      if (why) {
        isOver = true;
        return end(why);
      }
      port.postMessage(data);
    };
    worker.onmessageerror = () => end('it sent what is no message');
    worker.onerror = (event) => {
      // A throw in a task of the code's own: it is told, and goes on.
      event.preventDefault();
    };
    port.onmessage = ({ data }) => worker.postMessage(data);
    worker.postMessage({ wasm, ticket, origin: self.origin });
    control.onmessage = ({ data }) => {
      if (data === 'ping') control.postMessage('pong');
      if (data === 'end') worker.terminate();
    };
  }

  addEventListener('message', (event) => {
    if (event.source !== parent || self.origin !== 'null') return;
    const [port, control] = event.ports;
    start(event.data, port, control);
  }, { once: true });
})();
