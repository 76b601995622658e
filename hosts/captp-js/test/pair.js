//! Two CapTPs joined by a port that can be held, so that a case can say what one round trip brings.
import { open } from "captp";

const TURN_MS = 20;
const turn = () => new Promise((done) => setTimeout(done, TURN_MS));

class Held {
  isHeld = false;
  #waiting = [];

  /** A port whose messages wait while it is held. */
  constructor(port) {
    const post = port.postMessage.bind(port);
    port.postMessage = (data, transfer) => (this.isHeld ? this.#waiting.push([data, transfer]) : post(data, transfer));
    this.let = () => this.#waiting.splice(0).forEach((message) => post(...message));
    this.port = port;
  }
}

export async function join() {
  const [here, there] = await Promise.all([open(), open()]);
  const { port1, port2 } = new MessageChannel(), mine = new Held(port1), theirs = new Held(port2);
  const connection = here.connect(mine.port);
  there.connect(theirs.port);
  const others = [];
  return {
    here, there, connection,
    fetched: (object) => connection.fetch(there.offer(object)),
    async another(object) {
      const other = await open(), channel = new MessageChannel();
      others.push(other);
      other.connect(channel.port2);
      return here.connect(channel.port1).fetch(other.offer(object));
    },
    /** What `ask` promises, if it has all come after one round trip. */
    async inOneRound(ask) {
      await turn();
      mine.isHeld = theirs.isHeld = true;
      const asked = Promise.resolve(ask());
      for (const side of [mine, theirs]) {
        await turn();
        side.let();
      }
      const late = turn().then(() => Promise.reject(new Error("one round trip was not enough")));
      return Promise.race([asked, late]).finally(() => {
        mine.isHeld = theirs.isHeld = false;
        mine.let();
        theirs.let();
      });
    },
    end: () => [here, there, ...others].forEach((captp) => captp.stop()),
  };
}
