
# Runs and buckets, asked of the program itself with the options of place that were typed.
_datalake_ask() {
    # What was typed: `words` has lost what stands before the command by now.
    local -a typed place
    typed=("${(@Q)${(z)LBUFFER}}")
    local at
    for ((at = 2; at <= $#typed; at++)); do
        case "${typed[at]}" in
            --sandbox|--sandbox=*|--root=*|--state=*|--config=*|--region=*|--endpoint=*)
                place+=("${typed[at]}")
                ;;
            --root|--state|--config|--region|--endpoint|--credentials-file)
                place+=("${typed[at]}" "${typed[at + 1]}")
                ;;
        esac
    done
    timeout 2 "${typed[1]}" --no-input "${place[@]}" "$@" 2> /dev/null < /dev/null
}

_datalake_runs() {
    local -a found
    found=(${(f)"$(_datalake_ask history | grep -o '^R-[^ ]*')"})
    compadd -a found
}

# A receipt may lie in a file.
_datalake_receipts() {
    _datalake_runs
    _files
}

_datalake_buckets() {
    local -a found
    found=(${(f)"$(_datalake_ask bucket list | grep -o '^[a-z0-9][a-z0-9.-]*')"})
    compadd -a found
}

