#compdef shmbus-agent shmbus-send shmbus-watch
# Completion of shmbus-agent, shmbus-send and shmbus-watch in zsh. The choices are taken from the program's
# --help. Keys and shmids come from the agent; without one there are none.

# PROGRAM [SUBCOMMAND]: the options.
_shmbus_options() { "$@" --help 2>/dev/null | sed -nE 's/^  (-h,)?(--[a-z-]+).*/\2/p' }

# PROGRAM: the subcommands, each as NAME:HELP.
_shmbus_subcommands() { "$1" --help 2>/dev/null | sed -nE '/^Commands:/,/^$/ s/^  ([a-z]+) +(.*)/\1:\2/p' }

# OPTION PROGRAM: the words that it takes.
_shmbus_words() { "$2" --help 2>/dev/null | sed -nE "s/^  $1 \{([^}]*)\}.*/\1/p" | tr ',' '\n' }

# FIELD SENDER [OPTION...]: its values in all segments.
_shmbus_live() {
  local field="$1"
  shift
  "$@" --json --timeout 1 list 2>/dev/null | grep -oE "\"$field\": ?[0-9]+" | grep -oE '[0-9]+$' | sort -nu
}

_shmbus() {
  local program="$words[1]" sender="${words[1]%shmbus-*}shmbus-send" previous="$words[CURRENT-1]" subcommand='' word place
  local -a agent known names choices
  if [[ "$program" == *shmbus-send ]]; then
    known=(${(f)"$(_shmbus_subcommands "$program")"})
    names=(${known%%:*})
    for word in $words[2,CURRENT-1]; do
      if (( ${names[(Ie)$word]} )); then
        subcommand="$word"
        break
      fi
    done
  fi
  place=${words[(ie)--commands]}
  (( place < CURRENT - 1 )) && agent=(--commands "$words[place+1]")

  case "$previous" in
    --key)
      choices=(${(f)"$(_shmbus_live shm_key "$sender" $agent | grep -vx 0)"})
      [[ "$program" == *shmbus-watch || "$subcommand" == create ]] && choices+=(private)
      compadd -- $choices
      ;;
    --shmid | --after) compadd -- ${(f)"$(_shmbus_live shm_shmid "$sender" $agent)"} ;;
    --event) compadd -- created removed marked attached detached set written missed ;;
    --uid | --agent-user) _users ;;
    --gid | --socket-group) _groups ;;
    --audit | --config | --curve-* | --data-file | --dir | --out | --policy | --since-file | batch) _files ;;
    *)
      [[ "$previous" == --* ]] && choices=(${(f)"$(_shmbus_words "$previous" "$program")"})
      if (( $#choices )); then
        compadd -- $choices
      elif [[ "$words[CURRENT]" == -* ]]; then
        compadd -- ${(f)"$(_shmbus_options "$program"; [[ -n "$subcommand" ]] && _shmbus_options "$program" "$subcommand")"}
      elif [[ -n "$known" && -z "$subcommand" ]]; then
        _describe subcommand known
      fi
      ;;
  esac
}

_shmbus "$@"
