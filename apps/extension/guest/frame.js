//! The only script that may start in a sandbox's frame, named by its hash in the manifest. It makes the Worker that is the home of the code, carries
//! bytes between that and the frame's one port, and ends a Worker that floods: then nothing of the code runs in this document. An app needs one: its
//! script is started here, after what no policy governs was taken out, and whoever made the frame judges what comes out of the port.
(() => {
  'use strict';
  // Of these no policy governs the first five: for an app their absence is the wall, and no fresh realm is to be had in here. For the others it is the
  // second one, and so that code sees at once what it has not.
  const GONE = [
    'RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'RTCIceTransport', 'WebTransport', 'WebSocket', 'WebSocketStream', 'XMLHttpRequest', 'EventSource', 'SharedWorker', 'BroadcastChannel',
  ];
  const take = (name, configurable = false) => {
    for (let at = globalThis; at !== null; at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, name)) delete at[name];
    }
    Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable });
  };
  for (const name of GONE) take(name);
  // An app has one of ours, for its own files.
  take('fetch', true);

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
      if (!isBytes && !MARKS.has(data)) return 'it sent what is no message';
      if (isBytes && (!(data.buffer instanceof ArrayBuffer) || data.buffer.resizable)) return 'it sent what is no message';
      // A view of one byte brings all of its buffer along.
      if (isBytes) bytes += data.buffer.byteLength;
      if (isBytes && data.buffer.byteLength > MESSAGE_MAX) return 'it sent a message that is too large';
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
      port.postMessage(data !== null && data.byteLength < data.buffer?.byteLength ? data.slice() : data);
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

  // The emulator of the Linux machine sends more than a guest may, and whoever made the frame judges it: its Worker has the port itself.
  function startMachine({ script }, port, control) {
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    worker.onerror = (event) => control.postMessage({ gone: `the emulator broke: ${event.message ?? 'its script did not start'}` });
    worker.postMessage({ port }, [port]);
    control.onmessage = ({ data }) => data === 'end' && worker.terminate();
  }

  function startHere({ script, wasm, ticket }, port, control) {
    // From now on this document makes no Worker either: each would be a home for more of its kind.
    const policy = document.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = "worker-src 'none'; child-src 'none'; object-src 'none'; manifest-src 'none'";
    document.head.append(policy);
    // Kept from before any code of the app's: what is looked up later may be the app's own, and would be given the port.
    const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
    const read = Function.prototype.call.bind(get);
    const answer = control.postMessage.bind(control, 'pong');
    control.onmessage = (event) => {
      if (read(event) === 'ping') answer();
    };
    globalThis.peerdGiven = { port, wasm, ticket };
    (0, eval)(script);
  }

  addEventListener('message', (event) => {
    if (event.source !== parent || self.origin !== 'null') return;
    const [port, control] = event.ports;
    const begin = event.data.machine ? startMachine : event.data.here ? startHere : start;
    begin(event.data, port, control);
  }, { once: true });
})();
