# SPDX-License-Identifier: BSD-3-Clause
# Completion of amime-bench for bash.

_amime_bench_commands() {
	amime-bench --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The options of a command, or of amime-bench itself, as its own help names them.
_amime_bench_options() {
	amime-bench "$@" --help 2>/dev/null | grep -o -- '^  --[a-z-]*'
}

_amime_bench_cases() {
	case $1 in
	micro | pipeline | scale) amime-bench "$1" --list 2>/dev/null | sed 's/ .*//' ;;
	esac
}

_amime_bench() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=''
	if ((COMP_CWORD == 1)); then
		[[ $cur == -* ]] && words='--help --version' || words=$(_amime_bench_commands)
	else
		case $prev in
		--filter | --case) words=$(_amime_bench_cases "$command") ;;
		--out)
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			return
			;;
		--json | --svg | --check | --config | --traffic) ;;
		--samples | --seconds | --repeat | --burst | --cpu | --handicap | --threshold | --rounds) return ;;
		*) [[ $cur != -* ]] || words=$(_amime_bench_options "$command") ;;
		esac
	fi
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

complete -o filenames -F _amime_bench amime-bench
