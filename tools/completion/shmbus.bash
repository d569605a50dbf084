# Completion of shmbus-agent, shmbus-send and shmbus-watch in bash. The choices are taken from the program's
# --help. Keys and shmids come from the agent; without one there are none.
# shellcheck shell=bash

# PROGRAM [SUBCOMMAND]: the options.
_shmbus_options() { "$@" --help 2>/dev/null | sed -nE 's/^  (-h,)?(--[a-z-]+).*/\2/p'; }

# PROGRAM: the subcommands.
_shmbus_subcommands() { "$1" --help 2>/dev/null | sed -nE '/^Commands:/,/^$/ s/^  ([a-z]+) .*/\1/p'; }

# OPTION PROGRAM: the words that it takes.
_shmbus_words() { "$2" --help 2>/dev/null | sed -nE "s/^  $1 \{([^}]*)\}.*/\1/p" | tr ',' '\n'; }

# FIELD SENDER [OPTION...]: its values in all segments.
_shmbus_live() {
  local field="$1"
  shift
  "$@" --json --timeout 1 list 2>/dev/null | grep -oE "\"$field\": ?[0-9]+" | grep -oE '[0-9]+$' | sort -nu
}

_shmbus() {
  local program="$1" current="$2" previous="$3" sender="${1%shmbus-*}shmbus-send" subcommand='' choices='' index word
  local -a agent=()
  if [[ "$current" == '=' ]]; then # bash makes words of --key=5, too
    current=''
  elif [[ "$previous" == '=' ]]; then
    previous="${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  for ((index = 1; index < COMP_CWORD; ++index)); do
    word="${COMP_WORDS[index]}"
    case "$word" in
      --commands) agent=(--commands "${COMP_WORDS[index + 1]}") ;;
      [a-z]*)
        if [[ -z "$subcommand" && "$program" == *shmbus-send ]]; then
          subcommand="$(_shmbus_subcommands "$program" | grep -xF -- "$word")"
        fi
        ;;
    esac
  done

  COMPREPLY=()
  case "$previous" in
    --key)
      choices="$(_shmbus_live shm_key "$sender" "${agent[@]}" | grep -vx 0)"
      if [[ "$program" == *shmbus-watch || "$subcommand" == create ]]; then
        choices+=$'\nprivate'
      fi
      ;;
    --shmid | --after) choices="$(_shmbus_live shm_shmid "$sender" "${agent[@]}")" ;;
    --event) choices='created removed marked attached detached set written missed' ;;
    --uid | --agent-user) mapfile -t COMPREPLY < <(compgen -u -- "$current") && return ;;
    --gid | --socket-group) mapfile -t COMPREPLY < <(compgen -g -- "$current") && return ;;
    --audit | --config | --curve-* | --data-file | --dir | --out | --policy | --since-file | batch)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --*) choices="$(_shmbus_words "$previous" "$program")" ;;
  esac
  if [[ -z "$choices" && "$current" == -* ]]; then
    choices="$(_shmbus_options "$program")"
    if [[ -n "$subcommand" ]]; then
      choices+=$'\n'"$(_shmbus_options "$program" "$subcommand")"
    fi
  elif [[ -z "$choices" && -z "$subcommand" && "$program" == *shmbus-send && "$previous" != --@(key|shmid|after) ]]; then
    choices="$(_shmbus_subcommands "$program")"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

complete -F _shmbus shmbus-agent shmbus-send shmbus-watch
