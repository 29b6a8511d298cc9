# SPDX-License-Identifier: BSD-3-Clause
# Completion of amime-bgp for bash.

_amime_bgp_names() {
	local socket
	for socket in /run/amime-bgp/*.sock; do
		[[ -S $socket ]] || continue
		socket=${socket##*/}
		echo "${socket%.sock}"
	done
}

# Names of what is shown, asked with the -s that was typed so far.
_amime_bgp_shown() {
	local i
	local -a to=()
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket) to=(-s "${COMP_WORDS[i + 1]}") ;;
		esac
	done
	amime-bgp "${to[@]}" --json show "$1" 2>/dev/null | sed -n 's/^    "name": "\(.*\)",$/\1/p'
}

_amime_bgp() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	case $prev in
	-s | --socket) words=$(_amime_bgp_names) ;;
	show) words='neighbors routes policies rpki bmp counters version' ;;
	routes) words='ipv4 ipv6 evpn received advertised' ;;
	policies) words=$(_amime_bgp_shown policies) ;;
	neighbors | clear | shutdown | start | received | advertised) words=$(_amime_bgp_shown neighbors) ;;
	-c | --config | dump)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*)
		if [[ $cur == -* ]]; then
			words='--config --check --socket --json --verbose --quiet --version --help'
		else
			words='show clear shutdown start reload dump'
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o filenames -F _amime_bgp amime-bgp
