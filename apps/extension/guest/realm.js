//! What is taken out of a guest's Worker before its code begins. The page's policy is the wall: this is the second one, for what no policy
//! governs, and so that code sees at once what it has not.

const GONE = [
  'RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'RTCIceTransport', 'WebTransport', 'WebSocket', 'WebSocketStream', 'XMLHttpRequest', 'EventSource', 'fetch', 'importScripts',
  'Worker', 'SharedWorker', 'BroadcastChannel', 'indexedDB', 'caches', 'CacheStorage', 'StorageManager', 'cookieStore', 'Notification', 'FileReaderSync', 'webkitRequestFileSystem',
  'webkitRequestFileSystemSync', 'webkitResolveLocalFileSystemURL', 'webkitResolveLocalFileSystemSyncURL', 'PushManager', 'USB', 'HID', 'Serial', 'GPU', 'postMessage', 'close', 'name', 'queueReport',
];

/** Deleted wherever the prototype chain has it, and then in the way for ever. `kept`: what a program of ours cannot do without. */
export function narrow(scope, kept = []) {
  for (const name of GONE.filter((name) => !kept.includes(name))) {
    for (let at = scope; at !== null; at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, name)) delete at[name];
    }
    Object.defineProperty(scope, name, { value: undefined, writable: false, configurable: false });
  }
  // All that a navigator leads to: locks, storage, devices, service workers.
  for (let at = scope; at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'navigator')) delete at.navigator;
  }
  Object.defineProperty(scope, 'navigator', { value: undefined, writable: false, configurable: false });
}
