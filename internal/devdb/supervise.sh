# Runs one server for as long as its owner lives.
#
#   sh -c supervise.sh NAME SIGNAL REMOVE COMMAND ARG...
#
# File 3 is the owner's life line: a line names the signal to stop by; its end
# without a line means that the owner is gone, or done: then the server is
# stopped by SIGNAL, and the folder REMOVE (if it is not empty) is removed.
# The server's process id goes to file 4.
signal=$1 remove=$2
shift 2

"$@" 3<&- 4>&- </dev/null &
server=$!
echo "$server" >&4
exec 4>&-

# A server that does not end within 30 s is killed.
stop() {
	kill -"$1" "$server" 2>/dev/null
	tries=0
	while kill -0 "$server" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -le 300 ] || kill -KILL "$server" 2>/dev/null
		sleep 0.1
	done
}

(
	if read -r line <&3; then
		stop "$line"
	else
		trap '' TERM
		stop "$signal"
		[ -z "$remove" ] || rm -rf -- "$remove"
	fi
) &
watcher=$!
exec 3<&-

# Signals meant for the supervisor go to the server in its own dialect.
trap 'kill -"$signal" "$server" 2>/dev/null' HUP INT TERM

# A trapped signal ends wait early.
while :; do
	wait "$server"
	status=$?
	kill -0 "$server" 2>/dev/null || break
done
kill -TERM "$watcher" 2>/dev/null
wait "$watcher"
exit "$status"
