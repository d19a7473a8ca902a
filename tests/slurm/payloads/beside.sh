#!/bin/bash
# Becomes a payload at the place of a process of a job, as root would put it there on cgroup v1: in a child of that process's own memory cgroup,
# and directly in its own cgroup of every other hierarchy in which the job has one.
#
# beside.sh PID LEAF UID COMMAND...
set -euo pipefail
pid=$1 leaf=$2 uid=$3
shift 3
while IFS=: read -r _ controllers path; do
    [[ $path == */job_* ]] || continue
    directory=/sys/fs/cgroup/$controllers$path
    if [[ $controllers == memory ]]; then
        directory+=/$leaf
        mkdir "$directory"
    fi
    echo $BASHPID > "$directory/cgroup.procs"
done < "/proc/$pid/cgroup"
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups -- "$@"
