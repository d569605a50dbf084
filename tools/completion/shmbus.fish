# Completion of shmbus-agent, shmbus-send and shmbus-watch in fish. The choices are taken from the program's
# --help. Keys and shmids come from the agent; without one there are none.

# PROGRAM [SUBCOMMAND]: the options.
function __shmbus_options
    $argv --help 2>/dev/null | string match -rg '^  (?:-h,)?(--[a-z-]+)'
end

# PROGRAM: the subcommands, each with its line of help.
function __shmbus_subcommands
    $argv[1] --help 2>/dev/null | sed -nE '/^Commands:/,/^$/ s/^  ([a-z]+) +(.*)/\1\t\2/p'
end

# OPTION PROGRAM: the words that it takes.
function __shmbus_words
    $argv[2] --help 2>/dev/null | string match -rg "^  $argv[1] \{([^}]*)\}" | string split ,
end

# FIELD SENDER [OPTION...]: its values in all segments.
function __shmbus_live
    $argv[2..] --json --timeout 1 list 2>/dev/null | string match -arg "\"$argv[1]\": ?([0-9]+)" | sort -nu
end

function __shmbus_choices
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -l sender (string replace -r 'shmbus-[a-z]+$' shmbus-send -- $program)
    set -l is_sender (string match -q '*shmbus-send' -- $program; and echo yes)
    set -l subcommand
    set -l agent
    if test -n "$is_sender"
        set -l known (__shmbus_subcommands $program | string replace -r '\t.*' '')
        for word in $words[2..]
            if contains -- $word $known
                set subcommand $word
                break
            end
        end
    end
    if set -l place (contains -i -- --commands $words)
        set agent --commands $words[(math $place + 1)]
    end
    switch $words[-1]
        case --key
            __shmbus_live shm_key $sender $agent | string match -v 0
            if test -z "$is_sender"; or test "$subcommand" = create
                echo private
            end
        case --shmid --after
            __shmbus_live shm_shmid $sender $agent
        case --event
            string split ' ' 'created removed marked attached detached set written missed'
        case --uid --agent-user
            __fish_complete_users
        case --gid --socket-group
            __fish_complete_groups
        case --audit --config '--curve-*' --data-file --dir --out --policy --since-file batch
            __fish_complete_path $current
        case '*'
            set -l choices
            if string match -q -- '--*' $words[-1]
                set choices (__shmbus_words $words[-1] $program)
            end
            if test -n "$choices"
                string join \n -- $choices
            else if string match -q -- '-*' $current
                __shmbus_options $program
                if test -n "$subcommand"
                    __shmbus_options $program $subcommand
                end
            else if test -n "$is_sender"; and test -z "$subcommand"
                __shmbus_subcommands $program
            end
    end
end

complete -c shmbus-agent -f -a '(__shmbus_choices)'
complete -c shmbus-send -f -a '(__shmbus_choices)'
complete -c shmbus-watch -f -a '(__shmbus_choices)'
