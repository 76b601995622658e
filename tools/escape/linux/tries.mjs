//! What a program tries: each is a text for the shell, which says GOT if it came to something.

const got = (name, sh) => ({ name, sh: `${sh} && echo GOT` });
/** Only opened: what would be done with it would end the machine in which nothing is in its way. */
const opens = (name, path, how = "<>") => ({ name, sh: `for f in ${path}; do [ -e "$f" ] || continue; ( exec 3${how}"$f" ) && echo GOT && break; done` });
/** That a job has ended well: one that nobody began, as another would be believed. */
const FRAME = "printf '\\011\\000\\000\\000\\104\\115\\000\\000\\000\\000\\000\\000\\000'";

export const TRIES = [
  // The channel to the host, and other ways to speak as the machine.
  got("a-frame-written-to-the-control-channel", `${FRAME} >/dev/hvc1`),
  opens("the-control-channel-read", "/dev/hvc1", "<"),
  got("a-frame-written-to-the-console", `${FRAME} >/dev/hvc0`),
  got("words-on-the-serial-line", "echo x >/dev/ttyS0"),
  got("words-in-the-kernels-log", "echo x >/dev/kmsg"),
  got("the-kernels-log-read", "dmesg | grep -q ."),
  opens("the-screens-memory", "/dev/vcs /dev/vcsa1 /dev/fb0"),
  opens("a-virtual-terminal", "/dev/tty1 /dev/tty0 /dev/console"),
  // Process 1, and what others run.
  got("the-files-of-process-1", "ls /proc/1/fd/0"),
  opens("the-memory-of-process-1", "/proc/1/mem"),
  got("the-environment-of-process-1", "cat /proc/1/environ"),
  got("the-root-of-process-1", "cd /proc/1 && ls root/etc >/dev/null"),
  got("a-signal-to-process-1", "kill -0 1"),
  got("the-kernels-threads", "ps | grep -q '[k]worker'"),
  // Hardware.
  got("the-machines-memory", "dd if=/dev/mem bs=1 count=1 >/dev/null"),
  got("a-device-by-its-ports", "dd if=/dev/port bs=1 count=1 skip=100 >/dev/null"),
  got("a-word-to-a-port", "printf x | dd of=/dev/port bs=1 seek=128 >/dev/null"),
  got("the-kernels-core", "head -c 1 /proc/kcore >/dev/null"),
  got("the-kernels-addresses", "grep -qv '^00000000' /proc/kallsyms"),
  opens("a-devices-configuration", "/sys/bus/pci/devices/*/config"),
  opens("a-devices-memory", "/sys/bus/pci/devices/*/resource0"),
  opens("a-driver-taken-off-its-device", "/sys/bus/pci/drivers/virtio-pci/unbind", ">"),
  opens("a-device-removed", "/sys/bus/pci/devices/*/remove", ">"),
  opens("all-devices-looked-for-anew", "/sys/bus/pci/rescan", ">"),
  opens("the-clock-of-the-machine", "/dev/rtc0", "<"),
  opens("random-numbers-of-its-choice", "/proc/sys/kernel/random/write_wakeup_threshold", ">"),
  opens("the-machines-other-devices", "/dev/input/event0 /dev/input/mice /dev/nvram /dev/hpet /dev/psaux /dev/cpu_dma_latency"),
  // The kernel and its settings.
  opens("a-magic-key", "/proc/sysrq-trigger", ">"),
  opens("what-runs-when-a-program-crashes", "/proc/sys/kernel/core_pattern", ">"),
  opens("what-loads-modules", "/proc/sys/kernel/modprobe", ">"),
  opens("how-many-processes-there-may-be", "/proc/sys/kernel/pid_max", ">"),
  opens("whether-there-may-be-namespaces", "/proc/sys/user/max_user_namespaces", ">"),
  opens("what-is-done-when-memory-is-short", "/proc/sys/vm/overcommit_memory", ">"),
  opens("how-packets-are-sent", "/proc/sys/net/ipv4/ip_forward", ">"),
  opens("another-kernel-to-go-on-with", "/sys/power/state /sys/kernel/uevent_helper /sys/kernel/kexec_crash_size", ">"),
  got("a-module-of-the-kernels", "insmod /modules/$(head -n 1 /modules/order) 2>&1 | grep -q exists"),
  // Who it is.
  got("root-by-su", "su -c true"),
  got("root-by-a-program-of-its-own", `mkdir /tmp/r$$ && cp /bin/busybox /tmp/r$$/busybox && chmod 4755 /tmp/r$$/busybox && [ "$(/tmp/r$$/busybox id -u)" = 0 ]`),
  got("root-by-giving-a-program-away", `cp /bin/busybox /tmp/c$$ && chown 0:0 /tmp/c$$`),
  got("another-name-for-itself", "echo 'x::0:0::/:/bin/sh' >>/etc/passwd"),
  got("another-group", "echo 'x:x:0:user' >>/etc/group"),
  got("another-first-program", "touch /sbin/again"),
  got("another-shell-for-all", "touch /bin/again"),
  got("a-setting-of-everybodys-shell", "echo >>/etc/profile"),
  got("a-namespace-of-its-own", "unshare -U true || unshare -m true"),
  got("the-namespaces-of-process-1", "nsenter -t 1 -m true"),
  got("another-root", "chroot / true"),
  // File systems.
  got("a-mount", "mkdir -p /tmp/m$$ && mount -t tmpfs none /tmp/m$$"),
  got("a-mount-over-what-others-use", "mkdir -p /tmp/e$$ && mount -o bind /tmp/e$$ /dev/shm"),
  got("a-mount-of-control-groups", "mkdir -p /tmp/g$$ && mount -t cgroup2 none /tmp/g$$"),
  got("a-mount-of-the-kernels-debugging", "mkdir -p /tmp/d$$ && mount -t debugfs none /tmp/d$$"),
  got("a-mount-that-loses-its-restrictions", "mount -o remount,suid,dev,exec /tmp"),
  got("a-device-of-its-own", "mknod /tmp/n$$ c 1 1"),
  got("a-disk-of-its-own", "mknod /tmp/o$$ b 8 0"),
  got("a-control-channel-of-its-own", "mknod /tmp/h$$ c 229 1"),
  // Others' time and place.
  got("the-time", "date -s '2001-01-01 00:00:00' >/dev/null && [ \"$(date +%Y)\" = 2001 ]"),
  got("the-name-of-the-machine", "hostname again"),
  got("more-time-than-others", "renice -n -5 $$"),
  got("never-to-be-ended-for-memory", "echo -900 >/proc/self/oom_score_adj"),
  got("more-processes-than-it-may-have", "ulimit -u 100000"),
  // What there is of a network.
  got("a-raw-socket", "ping -c 1 -W 2 127.0.0.1 >/dev/null"),
  got("an-interface-taken-down", "ip link set lo down && ip link set lo up"),
  got("an-address-of-its-own", "ip addr add 10.9.8.7/32 dev lo"),
  got("a-route-of-its-own", "ip route add 10.9.9.0/24 dev lo"),
  got("a-port-that-is-the-systems", "timeout 1 nc -l -p 80; [ $? = 143 ]"),
  // Last: while they are there nobody of its user can begin anything.
  { name: "a-hundred-and-ten-processes", time_s: 60, sh: "n=0; while [ $n -lt 110 ]; do sleep 60 & n=$((n + 1)); done; [ \"$(ps | grep -c '[s]leep 60')\" -ge 110 ] && echo GOT; kill $(jobs -p)" },
];

/** What reaches for a listener on the computer itself by the machine's proxy, the one way out that there is: texts for the shell, which are given a port. The wall is that nobody has granted it. */
const at = (port, host = "canary.localhost") => `http://${host}:${port}/`;
/** Written by hand, one behind the other on one connection, under the name and secret by which the proxy knows its job. */
const raw = (...requests) => {
  const text = requests.map(([url, host]) => `GET ${url} HTTP/1.1\\r\\nHost: ${host}\\r\\nProxy-Authorization: Basic %s\\r\\n\\r\\n`).join("");
  return `who=\${http_proxy#http://}; who=$(printf %s "\${who%@*}" | base64 -w 0); { printf '${text}' ${requests.map(() => '"$who"').join(" ")}; sleep ${requests.length - 1}; } | timeout 5 nc 127.0.0.1 3128`;
};
const reaches = (name, sh) => ({ name, by: "tcp", sh });
export const REACHES = [
  reaches("network-by-wget", (port) => `wget -q -O - ${at(port)}`),
  reaches("network-by-a-post", (port) => `wget -q -O - --post-data x ${at(port)}`),
  reaches("network-with-a-name-of-its-own", (port) => `http_proxy=http://linux_1-1:00000000000000000000000000000000@127.0.0.1:3128 wget -q -O - ${at(port)}`),
  reaches("network-to-the-computer-itself", (port) => `no_proxy= wget -q -O - ${at(port, "127.0.0.1")}`),
  reaches("network-to-a-number", (port) => `no_proxy= wget -q -O - ${at(port, "2130706433")}`),
  reaches("network-to-another-spelling", (port) => raw([at(port, "127.1"), "127.1"])),
  reaches("network-by-hand", (port) => raw([at(port), "canary.localhost"])),
  reaches("network-under-another-host", (port) => raw([at(port), "allowed.example"])),
  reaches("network-behind-another-request", (port) => raw([at(9, "first.localhost"), "first.localhost"], [at(port), "canary.localhost"])),
  reaches("network-by-an-https-address", (port) => raw([at(port).replace("http:", "https:"), "canary.localhost"])),
];
