# SPDX-License-Identifier: BSD-3-Clause
# Completion of amimectl for bash.

_amimectl_names() {
	local socket
	for socket in /run/amime/*.sock; do
		[[ -S $socket ]] || continue
		socket=${socket##*/}
		echo "${socket%.sock}"
	done
}

# Names of what is shown, asked with the -s and -n that were typed so far.
_amimectl_shown() {
	local i what=$1
	local -a to=()
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		case ${COMP_WORDS[i]} in
		-n | --name | -s | --socket) to=(-s "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	amimectl "${to[@]}" --json show "$what" 2>/dev/null | sed -n 's/^    \(  \)\?"name": "\(.*\)",$/\2/p'
}

# Numbers of the history, from the only amimed that runs.
_amimectl_numbers() {
	amimectl --json history 2>/dev/null | sed -n 's/^      "number": \([0-9]*\),$/\1/p'
}

_amimectl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	case $prev in
	-s | --socket | -n | --name) words=$(_amimectl_names) ;;
	show) words='interfaces neighbors routes as vrfs acls tunnel version ports tunnels bridges fdb mac-ip drops workers config host' ;;
	explain) words='tunnel packet' ;;
	packet) words=$(_amimectl_shown interfaces) ;;
	-i | --interface) words=$(_amimectl_shown interfaces) ;;
	-d | --direction) words='in out' ;;
	-v | --vrf) words=$(_amimectl_shown vrfs) ;;
	-S | --stage) words='rx whole decap route encap tx drop' ;;
	interfaces) words=$(_amimectl_shown interfaces) ;;
	tunnel) words=$(_amimectl_shown tunnels) ;;
	check | diff | -c | --config | -o | --write)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	reload) words=--confirm ;;
	rollback) words=$(_amimectl_numbers) ;;
	*)
		if [[ $cur == -* ]]; then
			words='--socket --name --config --json --watch --confirm --all --vrf --interface --direction --stage --count --every
				--snaplen --write --once --svg --version --help'
		else
			words='show explain check diff reload confirm rollback history capture trace top graph'
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -F _amimectl amimectl
