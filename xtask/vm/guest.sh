#!/bin/sh
# Runs in the guest over the host's programs: tries Outboard in each of $situations, and says what it saw on the second
# serial line, as `situation TAB check TAB text`.
export PATH=/srv:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
GROUPS_AT=/sys/fs/cgroup
exec 3> /dev/ttyS1

say() { printf '%s\t%s\t%s\n' "$situation" "$1" "$2" >&3; }
lines() { while IFS= read -r line; do say "$1" "$line"; done; }

# Moves this shell into a group, which is made.
enter() { mkdir -p "$1" && echo 0 > "$1/cgroup.procs"; }
hand_on() { for one in memory pids cpu; do echo "+$one" > "$1/cgroup.subtree_control"; done; }
# What a service manager does to hand a group over to a user.
give() { chown "$user" "$1" "$1/cgroup.procs" "$1/cgroup.threads" "$1/cgroup.subtree_control"; }

# The programs of all languages, and what is left behind.
programs() {
    for program in ${programs:-program.ts program.py program.sh}; do
        text=$($as timeout 200 outboard run "/srv/$program" 2>&1 | tr '\n\t' '  ' | tail -c 900)
        say "$program" "$text"
    done
    say left "$(find $GROUPS_AT -name 'outboard[-.]*' 2> /dev/null | wc -l)"
}

doctor() { $as timeout 200 outboard doctor 2>&1 | lines "$1"; }

tests() {
    export SANDBOX_TEST_SPAWNER=/srv/outboard-spawner TMPDIR=$home
    $as timeout 900 sandbox-tests --test-threads 2 ${tests:-jail:: limits:: residue:: lifetime:: template::} 2>&1 | lines tests
}

# Everything, as the user that `as` makes of us.
all() {
    home=/mnt/$situation
    mkdir -p "$home" && cd "$home" || return
    [ -z "$as" ] || chown "$user" "$home"
    export HOME=$home
    doctor doctor
    $as timeout 100 outboard doctor --fix < /dev/null 2>&1 | lines fix
    for part in $parts; do $part; done
    case $situation-$(uname -r) in user-none-* | root-bounded-* | user-debian-* | root-5.*)
        printf '[sandbox]\ntier = "B"\n' > outboard.toml
        doctor tier-b
        programs ;;
    esac
}

limits() {
    programs=processes.py programs
    # Little enough for an emulated processor to use up before its time is.
    printf '[sandbox]\nmemory_mb = 96\n' > outboard.toml
    programs=memory.py programs
    rm outboard.toml
}
attack() { timeout 3600 outboard-attack --only "${only:-A1,A2}" 2>&1 | lines attack; }

ordinary() { as="setpriv --reuid $user --regid $user --clear-groups --"; }

user=1000
mount -t devpts devpts /dev/pts 2> /dev/null || { mkdir -p /dev/pts; mount -t devpts devpts /dev/pts; }
mkdir -p /dev/shm && mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 $GROUPS_AT
mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt && chmod 755 /mnt
ip link set lo up
situation=machine
say kernel "$(uname -r)"
say modules "$(cat /sys/kernel/security/lsm)"

# Each in a process of its own, which leaves its group as it ends.
for situation in $(echo "$situations" | tr , ' '); do (
    as= parts=programs
    case $situation in
    # The first process of a machine without a service manager: nothing is handed on.
    root-bare) ;;
    root) hand_on $GROUPS_AT; enter $GROUPS_AT/service; parts="programs limits" ;;
    root-tests) hand_on $GROUPS_AT; enter $GROUPS_AT/service; parts=tests ;;
    root-attack) hand_on $GROUPS_AT; enter $GROUPS_AT/service; parts=attack ;;
    # A session: its group is below one that belongs to root.
    user) ordinary; hand_on $GROUPS_AT; enter $GROUPS_AT/session ;;
    # A group that was handed over, and hands on what it has.
    user-delegated)
        ordinary; hand_on $GROUPS_AT; enter $GROUPS_AT/user/app; hand_on $GROUPS_AT/user
        give $GROUPS_AT/user; give $GROUPS_AT/user/app; parts="programs limits" ;;
    # The same before anyone has switched a controller on in it.
    user-delegated-off)
        ordinary; hand_on $GROUPS_AT; enter $GROUPS_AT/off/app; give $GROUPS_AT/off; give $GROUPS_AT/off/app ;;
    # Only the group that we are in was handed over.
    user-delegated-own) ordinary; hand_on $GROUPS_AT; enter $GROUPS_AT/own; give $GROUPS_AT/own ;;
    # Without namespaces, in the two ways that there are.
    user-none) ordinary; parts=; sysctl -q -w user.max_user_namespaces=0 ;;
    root-none)
        hand_on $GROUPS_AT; enter $GROUPS_AT/service; parts="programs limits tests"
        tests=${tests:-jail:: limits::}; sysctl -q -w user.max_user_namespaces=0 ;;
    # Root as containers have it: without the right to mount.
    root-bounded-none)
        as="setpriv --bounding-set -sys_admin --inh-caps -sys_admin --"; parts=; sysctl -q -w user.max_user_namespaces=0 ;;
    user-debian) ordinary; parts=; sysctl -q -w kernel.unprivileged_userns_clone=0 ;;
    # Restricts confined programs only, and is missing before 6.7.
    user-apparmor) ordinary; sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=1 ;;
    no-groups) umount $GROUPS_AT ;;
    esac
    all
    say done "$situation"
    sysctl -q -w user.max_user_namespaces=15000 2> /dev/null
    [ ! -e /proc/sys/kernel/unprivileged_userns_clone ] || sysctl -q -w kernel.unprivileged_userns_clone=1
    echo 0 > $GROUPS_AT/cgroup.procs
) 2>&1; mountpoint -q $GROUPS_AT || mount -t cgroup2 cgroup2 $GROUPS_AT; done
sync
exec /srv/busybox reboot -f
