#!/bin/bash
# Becomes a payload at the place of a process of a job, as root would put it there on cgroup v1: in a child of that process's own memory cgroup,
# and directly in its own cgroup of every other hierarchy in which the job has one.
#
# beside.sh PID LEAF LIMIT UID COMMAND...     LIMIT: bytes of memory for the leaf, -1 for none
set -euo pipefail
pid=$1 leaf=$2 limit=$3 uid=$4
shift 4
while IFS=: read -r _ controllers path; do
    [[ $path == */job_* ]] || continue
    directory=/sys/fs/cgroup/$controllers$path
    if [[ $controllers == memory ]]; then
        directory+=/$leaf
        mkdir "$directory"
        echo "$limit" > "$directory/memory.limit_in_bytes"
    fi
    echo $BASHPID > "$directory/cgroup.procs"
done < "/proc/$pid/cgroup"
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups -- "$@"
