# A server of the emulated cloud (--local=docker): Debian 12 with systemd, cloud-init, sshd and an engine of its own.
# Load balancers and the services of a world run from it too, with commands of their own instead of systemd.
# Built by src/emulator/docker/image.ts on first use; the classic builder suffices.
ARG BASE=debian:12
FROM ${BASE}
ENV container=docker LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# Services of packages must not start while the image is built.
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d \
  && { grep -rqs bookworm-security /etc/apt/sources.list /etc/apt/sources.list.d \
    || printf 'deb http://deb.debian.org/debian-security bookworm-security main\n' >>/etc/apt/sources.list; } \
  && printf 'path-exclude /usr/share/doc/*\npath-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\n' \
    >/etc/dpkg/dpkg.cfg.d/short \
  && apt-get -q -o Acquire::Retries=3 update

# What the bootstrap of a server installs is here already, so that it has nothing to fetch.
RUN apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends \
    systemd systemd-sysv dbus cloud-init openssh-server python3 procps iproute2 iputils-ping kmod \
    ca-certificates chrony curl docker.io iptables nftables unattended-upgrades

# For load balancers and the image registry of a world.
RUN apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends haproxy docker-registry

# Everything is made anew per machine: its id, its host keys. What would only cost time at the boot does not start, and
# nothing sets the clock or the kernel of the host.
RUN rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_* /var/lib/dbus/machine-id /etc/sysctl.d/* /usr/lib/sysctl.d/*.conf \
  && : >/etc/machine-id \
  && systemctl disable docker.service docker.socket containerd.service haproxy.service docker-registry.service \
    chrony.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer unattended-upgrades.service \
  && systemctl mask systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-udev-trigger.service systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
    systemd-logind.service getty.target console-getty.service systemd-remount-fs.service \
    systemd-modules-load.service sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    dev-mqueue.mount dev-hugepages.mount systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-hwdb-update.service modprobe@.service systemd-firstboot.service ifupdown-wait-online.service \
    cloud-init-hotplugd.socket systemd-pstore.service systemd-journal-catalog-update.service ldconfig.service

COPY init receive apply /usr/local/lib/emulated/
COPY emulated.service /etc/systemd/system/
COPY cloud.cfg /etc/cloud/cloud.cfg.d/90-emulated.cfg
RUN chmod 0755 /usr/local/lib/emulated/* \
  && printf 'policy: enabled\n' >/etc/cloud/ds-identify.cfg \
  && mkdir -p /etc/emulated /etc/systemd/system/nftables.service.d \
  && printf '[Service]\nExecStartPost=-/usr/local/lib/emulated/apply\nExecReload=-/usr/local/lib/emulated/apply\n' \
    >/etc/systemd/system/nftables.service.d/emulated.conf \
  && systemctl enable emulated.service

STOPSIGNAL SIGRTMIN+3
CMD ["/usr/local/lib/emulated/init"]
