
# Runs and buckets, asked of the program itself with the options of place that were typed.
_datalake_ask() {
    local -a typed place=()
    local at
    read -ra typed <<< "${COMP_LINE:0:COMP_POINT}"
    for ((at = 1; at < ${#typed[@]}; at++)); do
        case "${typed[at]}" in
            --sandbox | --sandbox=* | --root=* | --state=* | --config=* | --region=* | --endpoint=*)
                place+=("${typed[at]}")
                ;;
            --root | --state | --config | --region | --endpoint | --credentials-file)
                place+=("${typed[at]}" "${typed[at + 1]}")
                ;;
        esac
    done
    timeout 2 "${typed[0]}" --no-input "${place[@]}" "$@" 2> /dev/null < /dev/null
}

_datalake_runs() {
    _datalake_ask history | grep -o '^R-[^ ]*'
}

_datalake_buckets() {
    _datalake_ask bucket list | grep -o '^[a-z0-9][a-z0-9.-]*'
}

_datalake_values() {
    local word="$2" before="$3" typed=" ${COMP_LINE:0:COMP_POINT}"
    case "$before:$typed" in
        --bucket:* | --tables-bucket:*)
            mapfile -t COMPREPLY < <(compgen -W "$(_datalake_buckets)" -- "$word")
            return
            ;;
    esac
    if [[ $word != -* ]]; then
        case "$before" in
            rollback | history)
                mapfile -t COMPREPLY < <(compgen -W "$(_datalake_runs)" -- "$word")
                return
                ;;
            show | delete | enable | suspend)
                if [[ $typed == *" bucket "* ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$(_datalake_buckets)" -- "$word")
                    return
                fi
                ;;
        esac
    fi
    _datalake "$@"
}

complete -F _datalake_values -o nosort -o bashdefault -o default datalake
