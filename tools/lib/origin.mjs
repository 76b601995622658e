//! A server on loopback that stands for an origin of the world: it notes who asked for what, leads elsewhere when asked to, and serves git.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecure } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A name, because programs take 127.0.0.1 and what ends in localhost for the machine that they run in.
const HOST = "origin.example";

/** For the browser that is to find these: the name leads to loopback, as no other does, and a certificate that nobody knows is taken. */
export const REACHING = ["--ignore-certificate-errors", `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost`];

/** `secure`: with a certificate of its own. `repository`: what git serves. */
export async function origin({ secure = false, repository } = {}) {
  const asked = [];
  const folder = mkdtempSync(join(tmpdir(), "peerd-origin-"));
  const serve = (request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, cookie: headers.cookie, agent: headers["user-agent"] });
    const { pathname, searchParams } = new URL(url, "http://x");
    const to = searchParams.get("to");
    if (to) return response.writeHead(302, { location: to }).end();
    if (pathname === "/never") return undefined;
    if (pathname === "/large") return response.end("x".repeat(17 << 20));
    if (repository && pathname.startsWith("/git/")) return git(repository, request, response);
    response.setHeader("set-cookie", "seen=1; Path=/");
    return response.end(`hello from ${url}\n`);
  };
  const it = secure ? createSecure(certificate(folder), serve) : createServer(serve);
  await new Promise((done) => it.listen(0, "127.0.0.1", done));
  const stop = () => new Promise((done) => {
    rmSync(folder, { recursive: true, force: true });
    it.closeAllConnections();
    it.close(done);
  });
  return { asked, url: `http${secure ? "s" : ""}://${HOST}:${it.address().port}`, stop };
}

/** A repository with one commit of these files. */
export function repository(files) {
  const folder = mkdtempSync(join(tmpdir(), "peerd-repository-"));
  const work = join(folder, "work");
  const run = (...words) => execFileSync("git", words, { cwd: folder, stdio: "pipe" });
  run("init", "-q", "-b", "main", "work");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
  run("-C", "work", "add", ".");
  run("-C", "work", "-c", "user.name=e2e", "-c", "user.email=e2e@localhost", "commit", "-q", "-m", "All of it");
  run("clone", "-q", "--bare", "work", "it.git");
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function certificate(folder) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** As CGI (RFC 3875), which is how git itself serves its protocol. */
function git({ folder }, request, response) {
  const { pathname, search } = new URL(request.url, "http://x");
  const program = spawn("git", ["http-backend"], {
    env: {
      ...process.env, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: pathname.slice("/git".length), QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers["content-type"] ?? "", HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: request.headers["git-protocol"] ?? "", REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(program.stdin);
  const pieces = [];
  program.stdout.on("data", (piece) => pieces.push(piece));
  program.on("close", () => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf("\r\n\r\n");
    const headers = all.subarray(0, end).toString().split("\r\n").map((line) => line.split(": "));
    const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== "Status")));
    response.end(all.subarray(end + 4));
  });
}
