
# Runs and buckets, asked of the program itself with the options of place that were typed.
_datalake_ask() {
    local -a place
    local at
    for ((at = 2; at < CURRENT; at++)); do
        case "${words[at]}" in
            --sandbox|--sandbox=*|--root=*|--state=*|--config=*|--region=*|--endpoint=*)
                place+=("${words[at]}")
                ;;
            --root|--state|--config|--region|--endpoint|--credentials-file)
                place+=("${words[at]}" "${words[at + 1]}")
                ;;
        esac
    done
    timeout 2 "${words[1]}" --no-input "${place[@]}" "$@" 2> /dev/null < /dev/null
}

_datalake_runs() {
    local -a found
    found=(${(f)"$(_datalake_ask history | grep -o '^R-[^ ]*')"})
    compadd -a found
}

_datalake_buckets() {
    local -a found
    found=(${(f)"$(_datalake_ask bucket list | grep -o '^[a-z0-9][a-z0-9.-]*')"})
    compadd -a found
}

