// The one program of ours inside the machine: process 1, which does what the host asks over a virtio port and nothing else.
//
//     port ──frame──▶ heard() ──▶ job: a process in a pid namespace of its own, or a connection to the proxy
//     port ◀─frame── told()   ◀── poll(): its stdout, its stderr, its end
//
// Why C: it is compiled on the machine that builds the image, for i386, and the Rust toolchains there have no standard library
// for that. It is small on purpose, and nobody inside can write to its port: that is root's, opened once, and all else is `user`.
//
// A frame is {u32 length of what follows, u8 kind, u32 job} and a payload, little-endian. docs/linux.md lists the kinds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <linux/random.h>

enum { USER = 1000, JOBS_MAX = 24, FRAME_MAX = 16384, STDIN_MAX = 65536, PROXY_PORT = 3128, PROCESSES_MAX = 96, CONNECTIONS_MAX = 12 };
enum { RUN = 1, STDIN, KILL, RESIZE, CREDIT, CLOCK, PING, TRUST };
enum { READY = 65, OUT, ERR, EXIT, CREDITED, HEARD, PONG, OPENED };
enum { SHELL = 0, CONSOLE, PUT, GET };
// Jobs that begin in here, connections to the proxy, have numbers that the host never uses.
#define FROM_HERE 0x80000000u

struct job {
  uint32_t id;            // 0: this place is free
  pid_t pid;              // 0: it is a connection, or over
  int in, out, err;       // -1: closed
  uint32_t credit;        // bytes that the host will take
  int ended, killed, status;
  int looked;             // at what it says, in this round
  int busy;               // something of it was ready in this round
  uint32_t waiting, done; // of `input`: how much there is, and how much of it was written
  int input_ends;
  unsigned char input[STDIN_MAX];
};

static struct job jobs[JOBS_MAX];
// v86 tells the driver that each port is a console, so it is a terminal line; made raw, it carries bytes as they are.
#define PORT "/dev/hvc1"
// Whose certificates programs believe: there is no other network than the proxy's.
#define TRUSTED "/run/peerd-ca.pem"
static int port = -1, listener = -1;

static void die(const char *what) {
  // Process 1 ends, the kernel panics and says so on its console: the host replaces the machine.
  fprintf(stderr, "peerd-guest: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void write_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length) {
    ssize_t n = write(fd, at, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) die("write");
    at += n, length -= n;
  }
}

static void put32(unsigned char *at, uint32_t value) { memcpy(at, &value, 4); }
static uint32_t get32(const unsigned char *at) { uint32_t value; memcpy(&value, at, 4); return value; }

static void tell(int kind, uint32_t id, const void *payload, uint32_t length) {
  static unsigned char frame[9 + FRAME_MAX];
  put32(frame, 5 + length);
  frame[4] = kind;
  put32(frame + 5, id);
  if (length) memcpy(frame + 9, payload, length);
  write_all(port, frame, 9 + length);
}

static void tell_number(int kind, uint32_t id, uint32_t value) { tell(kind, id, &value, 4); }

static void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static struct job *find(uint32_t id) {
  for (int i = 0; i < JOBS_MAX; i++) if (jobs[i].id == id) return &jobs[i];
  return NULL;
}

static struct job *begin(uint32_t id) {
  struct job *job = find(0);
  if (!job) return NULL;
  memset(job, 0, offsetof(struct job, input));
  job->id = id, job->in = job->out = job->err = -1;
  return job;
}

static void over(struct job *job) {
  if (job->in != job->out) shut(&job->in);
  shut(&job->out);
  shut(&job->err);
  job->id = 0;
}

static void refuse(uint32_t id, const char *why) {
  tell(ERR, id, why, strlen(why));
  tell_number(EXIT, id, 125);
}

// ---- inside a job's process ------------------------------------------------------------------------------------------------

static void complain(const char *what) {
  dprintf(2, "%s: %s\n", what, strerror(errno));
  _exit(1);
}

// Who may change nothing of the machine itself: no privileges, also not by set-uid programs; bounded in number.
static void become_user(void) {
  struct rlimit processes = { PROCESSES_MAX, PROCESSES_MAX }, core = { 0, 0 };
  setrlimit(RLIMIT_NPROC, &processes);
  setrlimit(RLIMIT_CORE, &core);
  if (setgroups(0, NULL) || setgid(USER) || setuid(USER) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) _exit(126);
}

static void make_parents(char *path) {
  for (char *at = path + 1; (at = strchr(at, '/')); at++) {
    *at = 0;
    mkdir(path, 0755);
    *at = '/';
  }
}

static void copy(int from, int to, const char *what) {
  static char bytes[FRAME_MAX];
  for (;;) {
    ssize_t n = read(from, bytes, sizeof bytes);
    if (n == 0) return;
    if (n < 0) complain(what);
    for (ssize_t done = 0; done < n;) {
      ssize_t wrote = write(to, bytes + done, n - done);
      if (wrote < 0) complain(what);
      done += wrote;
    }
  }
}

// Whole or not at all: it is written beside and renamed.
static void put_file(char *path, uint32_t id) {
  char part[4200];
  make_parents(path);
  snprintf(part, sizeof part, "%s.part-%u", path, id);
  unlink(part);
  int to = open(part, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (to < 0) complain(path);
  copy(0, to, path);
  struct stat old;
  if (!stat(path, &old) && S_ISREG(old.st_mode)) fchmod(to, old.st_mode & 07777);
  if (close(to) || rename(part, path)) { int why = errno; unlink(part); errno = why; complain(path); }
  _exit(0);
}

static void get_file(char *path) {
  struct stat about;
  // Not to wait for whoever may open the other end of a pipe.
  int from = open(path, O_RDONLY | O_NONBLOCK);
  if (from < 0 || fstat(from, &about)) complain(path);
  if (S_ISDIR(about.st_mode)) { errno = EISDIR; complain(path); }
  if (!S_ISREG(about.st_mode)) { dprintf(2, "%s: not a regular file\n", path); _exit(1); }
  copy(from, 1, path);
  _exit(0);
}

// `who`: NAME:SECRET, by which the proxy knows whose connection it is.
static void set_network(const char *who) {
  static const char *const trusting[] = { "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE" };
  char address[512];
  snprintf(address, sizeof address, "http://%s%s127.0.0.1:%d", who, *who ? "@" : "", PROXY_PORT);
  setenv("http_proxy", address, 1);
  setenv("https_proxy", address, 1);
  // What a program here serves is no matter of the network's.
  setenv("no_proxy", "localhost,127.0.0.1", 1);
  for (unsigned i = 0; i < sizeof trusting / sizeof *trusting; i++) setenv(trusting[i], TRUSTED, 1);
}

static void run_shell(char *command, int console, const char *who) {
  int bash = !access("/bin/bash", X_OK);
  const char *shell = bash ? "/bin/bash" : "/bin/sh";
  setenv("HOME", "/home/user", 1);
  setenv("USER", "user", 1);
  setenv("LOGNAME", "user", 1);
  setenv("SHELL", shell, 1);
  setenv("LANG", "C.UTF-8", 1);
  setenv("PATH", "/home/user/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
  setenv("TERM", console ? "xterm-256color" : "dumb", 1);
  set_network(who);
  if (console) execl(shell, bash ? "-bash" : "-sh", (char *)NULL);
  else execl(shell, bash ? "bash" : "sh", "-c", command, (char *)NULL);
  complain(shell);
}

// Process 1 of the job's own namespace: when it ends, all that the job began ends with it.
static void job_main(int kind, uint32_t id, char *where, char *what, const char *who) {
  for (int fd = 3; fd < 256; fd++) close(fd);
  signal(SIGPIPE, SIG_DFL);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  int score = open("/proc/self/oom_score_adj", O_WRONLY);
  if (score >= 0) write_all(score, "500", 3), close(score);
  pid_t child = fork();
  if (child < 0) complain("fork");
  if (child == 0) {
    if (kind == CONSOLE) { setsid(); ioctl(0, TIOCSCTTY, 0); }
    become_user();
    umask(022);
    if (chdir(*where ? where : "/home/user")) complain(where);
    if (kind == PUT) put_file(what, id);
    if (kind == GET) get_file(what);
    run_shell(what, kind == CONSOLE, who);
  }
  // Only the job's own streams keep them open.
  int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
  for (;;) {
    int status;
    pid_t gone = wait(&status);
    if (gone == child) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (gone < 0 && errno != EINTR) _exit(127);
  }
}

// ---- what the host asks ----------------------------------------------------------------------------------------------------

static void nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

static void set_size(int fd, const unsigned char *size) {
  struct winsize window = { .ws_col = size[0] | size[1] << 8, .ws_row = size[2] | size[3] << 8 };
  ioctl(fd, TIOCSWINSZ, &window);
}

// {u8 what, u16 columns, u16 rows, u32 credit, the folder, 0, the command or path, 0, who it is to the proxy, 0}
static void run(uint32_t id, unsigned char *at, uint32_t length) {
  if (length < 12 || at[length - 1]) return refuse(id, "malformed\n");
  int kind = at[0];
  char *end = (char *)at + length, *where = (char *)at + 9, *what = where + strlen(where) + 1;
  char *who = what < end ? what + strlen(what) + 1 : end;
  if (kind > GET || who >= end) return refuse(id, "malformed\n");
  if (find(id)) return refuse(id, "this number is in use\n");
  struct job *job = begin(id);
  if (!job) return refuse(id, "too many jobs at once\n");

  int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
  if (kind == CONSOLE) {
    int master = posix_openpt(O_RDWR | O_NOCTTY), line = -1;
    if (master >= 0 && !grantpt(master) && !unlockpt(master)) line = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (line < 0) { job->id = 0; return refuse(id, "there is no terminal\n"); }
    fchown(line, USER, USER);
    set_size(line, at + 1);
    in[0] = line, out[1] = dup(line), err[1] = dup(line), in[1] = master, out[0] = master;
  } else if (pipe(in) || pipe(out) || pipe(err)) {
    job->id = 0;
    return refuse(id, "too many open files\n");
  }
  pid_t pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) {
    dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
    job_main(kind, id, where, what, who);
  }
  close(in[0]), close(out[1]), close(err[1]);
  job->in = in[1], job->out = out[0], job->err = err[0], job->credit = get32(at + 5);
  if (pid < 0) { over(job); return refuse(id, "no process could be started\n"); }
  job->pid = pid;
  nonblocking(job->in), nonblocking(job->out);
  if (job->err >= 0) nonblocking(job->err);
}

// Sets the clock and stirs the random numbers: a machine that was resumed has those of all others that began from the same image.
static void set_clock(const unsigned char *at, uint32_t length) {
  if (length < 8 + 32) return;
  uint64_t ms;
  memcpy(&ms, at, 8);
  struct timeval now = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
  settimeofday(&now, NULL);
  struct { int bits, size; unsigned char bytes[32]; } seed = { 256, 32, {0} };
  memcpy(seed.bytes, at + 8, 32);
  int random = open("/dev/urandom", O_WRONLY);
  if (random < 0) return;
  ioctl(random, RNDADDENTROPY, &seed);
  ioctl(random, RNDRESEEDCRNG);
  close(random);
}

static void trust(const void *certificate, uint32_t length) {
  int to = open(TRUSTED, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (to < 0) return;
  write_all(to, certificate, length);
  close(to);
}

static void feed(struct job *job) {
  while (job->in >= 0 && job->done < job->waiting) {
    ssize_t n = write(job->in, job->input + job->done, job->waiting - job->done);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // Nobody reads it any more: what is left, and what still comes, is dropped, so that the host does not wait for ever.
    if (n <= 0) {
      tell_number(CREDITED, job->id, job->waiting - job->done);
      job->waiting = job->done = 0;
      if (job->in != job->out) shut(&job->in);
      else job->in = -1;
      return;
    }
    job->done += n;
    tell_number(CREDITED, job->id, n);
  }
  if (job->done == job->waiting) job->done = job->waiting = 0;
  if (job->input_ends && !job->waiting && job->in >= 0) {
    // A terminal has no end of its input: whoever types ends it.
    if (job->in != job->out) shut(&job->in);
    else if (!job->pid) shutdown(job->in, SHUT_WR), job->in = -1;
  }
}

static void stdin_for(struct job *job, const unsigned char *at, uint32_t length) {
  if (!length) job->input_ends = 1;
  if (job->in < 0) { if (length) tell_number(CREDITED, job->id, length); return; }
  if (job->done) memmove(job->input, job->input + job->done, job->waiting - job->done);
  job->waiting -= job->done, job->done = 0;
  // The host keeps to its window; if it doesn't, its input is cut and no memory of ours is written.
  if (length > STDIN_MAX - job->waiting) length = STDIN_MAX - job->waiting;
  memcpy(job->input + job->waiting, at, length);
  job->waiting += length;
  feed(job);
}

static void stop(struct job *job) {
  job->killed = 1;
  // Its number may be another's by now.
  if (!job->ended) kill(job->pid, SIGKILL);
}

static void obey(int kind, uint32_t id, unsigned char *at, uint32_t length) {
  struct job *job = id ? find(id) : NULL;
  if (kind == RUN && id && !(id & FROM_HERE)) run(id, at, length);
  else if (kind == PING) tell(PONG, id, at, length);
  else if (kind == CLOCK) set_clock(at, length);
  else if (kind == TRUST) trust(at, length);
  else if (!job) return;
  else if (kind == STDIN) stdin_for(job, at, length);
  else if (kind == KILL && job->pid) stop(job);
  else if (kind == KILL) tell_number(EXIT, id, 0), over(job);
  else if (kind == RESIZE && length == 4 && job->in >= 0) set_size(job->in, at);
  else if (kind == CREDIT && length == 4) job->credit += get32(at);
}

static void heard(void) {
  static unsigned char waiting[5 + 4 + FRAME_MAX + 4096];
  static uint32_t have, total;
  ssize_t n = read(port, waiting + have, 4096);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) die("the port");
  have += n, total += n;
  // The device drops what it has no room for, so the host counts what was taken out.
  tell_number(HEARD, 0, total);
  uint32_t at = 0;
  while (have - at >= 9) {
    uint32_t length = get32(waiting + at);
    if (length < 5 || length > 5 + FRAME_MAX) die("a frame's length");
    if (have - at < 4 + length) break;
    obey(waiting[at + 4], get32(waiting + at + 5), waiting + at + 9, length - 5);
    at += 4 + length;
  }
  memmove(waiting, waiting + at, have - at);
  have -= at;
}

// ---- what jobs say ---------------------------------------------------------------------------------------------------------

static void drain(struct job *job, int *fd, int kind) {
  static unsigned char bytes[FRAME_MAX];
  uint32_t most = job->credit < FRAME_MAX ? job->credit : FRAME_MAX;
  if (!most) return;
  ssize_t n = read(*fd, bytes, most);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) {
    job->credit -= n;
    return tell(kind, job->id, bytes, n);
  }
  // Who sends no more may still listen: that is said, and the connection is closed when the host has ended its side, too.
  if (job->id & FROM_HERE) {
    tell(OUT, job->id, NULL, 0);
    if (job->in < 0) shut(fd);
    else *fd = -1;
    return;
  }
  // A terminal whose programs are gone answers with an error.
  if (fd == &job->out && job->in == job->out) job->in = -1;
  shut(fd);
}

// Whoever connects too often waits, and leaves room for jobs.
static int may_connect(void) {
  int n = 0;
  for (int i = 0; i < JOBS_MAX; i++) n += !!(jobs[i].id & FROM_HERE);
  return n < CONNECTIONS_MAX;
}

static void accept_one(void) {
  static uint32_t numbered;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  struct job *job = begin(FROM_HERE | (++numbered & ~FROM_HERE));
  if (!job) { close(fd); return; }
  job->in = job->out = fd, job->credit = STDIN_MAX;
  tell(OPENED, job->id, NULL, 0);
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    for (int i = 0; i < JOBS_MAX; i++)
      if (jobs[i].id && jobs[i].pid == pid) {
        jobs[i].ended = 1;
        jobs[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
}

static void listen_for_proxy(void) {
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(PROXY_PORT), .sin_addr = { htonl(INADDR_LOOPBACK) } };
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener >= 0 && (bind(listener, (void *)&here, sizeof here) || listen(listener, 8))) shut(&listener);
}

static void wake(int signal) { (void)signal; }

int main(void) {
  struct sigaction on_child = { .sa_handler = wake };
  sigaction(SIGCHLD, &on_child, NULL);
  signal(SIGPIPE, SIG_IGN);
  // The driver makes the file a moment before it can be opened.
  for (int tries = 0; tries < 500; tries++) {
    port = open(PORT, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (port >= 0 || (errno != ENOENT && errno != ENXIO && errno != ENODEV)) break;
    nanosleep(&(struct timespec){ 0, 10 * 1000 * 1000 }, NULL);
  }
  struct termios line;
  if (port < 0 || tcgetattr(port, &line)) die("no port");
  cfmakeraw(&line);
  if (tcsetattr(port, TCSANOW, &line) || ioctl(port, TIOCEXCL)) die("the port");
  listen_for_proxy();
  tell_number(READY, 0, 1);
  sigset_t children, before;
  sigemptyset(&children), sigaddset(&children, SIGCHLD);
  for (;;) {
    struct pollfd watched[2 + 3 * JOBS_MAX];
    int *whose[2 + 3 * JOBS_MAX];
    struct job *of[2 + 3 * JOBS_MAX];
    int n = 0;
    watched[n++] = (struct pollfd){ port, POLLIN, 0 };
    watched[n++] = (struct pollfd){ may_connect() ? listener : -1, POLLIN, 0 };
    for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
      if (!job->id) continue;
      int taken = job->looked = job->credit > 0;
      if (job->out >= 0 && taken) watched[n] = (struct pollfd){ job->out, POLLIN, 0 }, whose[n] = &job->out, of[n++] = job;
      if (job->err >= 0 && taken) watched[n] = (struct pollfd){ job->err, POLLIN, 0 }, whose[n] = &job->err, of[n++] = job;
      if (job->in >= 0 && job->waiting) watched[n] = (struct pollfd){ job->in, POLLOUT, 0 }, whose[n] = &job->in, of[n++] = job;
    }
    // A child that ends between here and the poll must not be missed.
    sigprocmask(SIG_BLOCK, &children, &before);
    reap();
    int hurry = 0;
    for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
      job->busy = 0;
      hurry |= job->id && job->ended && (job->credit || job->killed);
    }
    struct timespec now = { 0, 0 };
    int ready = ppoll(watched, n, hurry ? &now : NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (ready < 0 && errno != EINTR) die("poll");
    if (ready > 0) {
      for (int i = 2; i < n; i++) {
        if (!watched[i].revents || *whose[i] < 0) continue;
        of[i]->busy |= watched[i].events == POLLIN;
        if (watched[i].events == POLLOUT) feed(of[i]);
        else drain(of[i], whose[i], whose[i] == &of[i]->err ? ERR : OUT);
      }
      if (watched[1].revents) accept_one();
      if (watched[0].revents) heard();
    }
    for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
      if (!job->id) continue;
      // All that it said goes before the word of its end, unless the host wants no more of it. Credit that came in this round, or a
      // poll that a child's end broke off, says nothing of what is still to be read.
      int drained = ready >= 0 && job->looked ? !job->busy : job->killed && !job->credit;
      if (job->ended && drained) tell_number(EXIT, job->id, job->status), over(job);
      else if (!job->pid && job->out < 0 && job->in < 0) tell_number(EXIT, job->id, 0), over(job);
    }
  }
}
