
# Runs and buckets, asked of the program itself with the options of place that were typed.
function __datalake_ask
    set -l typed (commandline -opc)
    set -l place
    set -l takes no
    for word in $typed[2..-1]
        if test $takes = yes
            set -a place $word
            set takes no
        else if string match -qr -- '^--(sandbox$|(sandbox|root|state|config|region|endpoint|credentials-file)=)' $word
            set -a place $word
        else if string match -qr -- '^--(root|state|config|region|endpoint|credentials-file)$' $word
            set -a place $word
            set takes yes
        end
    end
    timeout 2 $typed[1] --no-input $place $argv 2>/dev/null </dev/null
end

function __datalake_runs
    __datalake_ask history | string match -r '^R-\S*'
end

function __datalake_buckets
    __datalake_ask bucket list | string match -r '^[a-z0-9][a-z0-9.-]*'
end

complete -c datalake -n "__fish_seen_subcommand_from rollback history" -f -a "(__datalake_runs)"
complete -c datalake -n "__fish_seen_subcommand_from bucket; and __fish_seen_subcommand_from show delete enable suspend" -f -a "(__datalake_buckets)"
complete -c datalake -l bucket -x -a "(__datalake_buckets)"
# The conditions above fail where the line ends with a flag that waits for its value.
complete -c datalake -l region -x -a "fsn1 nbg1 hel1"
complete -c datalake -l handover -x -a "env-file podman-secret in-place"
