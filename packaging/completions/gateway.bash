# Completion of gateway(1) for bash.

# The words that may follow a command and its action.
_gateway_words() {
  case "$1 $2" in
    'run '*) echo '--config' ;;
    'check '*) echo '--config --strict --online --print' ;;
    'explain '*) echo '--config --as --group --claim --provider --method --header --from --json' ;;
    'import '*) echo '--from --output' ;;
    'reload '* | 'upgrade '*) echo '--config --control' ;;
    'status '*) echo '--config --control --json' ;;
    'profile '*) echo '--seconds --config --control' ;;
    'log-level '*) echo 'error warn info debug --config --control' ;;
    'certificates export') echo '--config --key' ;;
    'certificates renew') echo '--config --control --all' ;;
    'certificates revoke') echo '--config --control --reason --no-order' ;;
    'certificates rollover') echo '--config --control' ;;
    'certificates list') echo '--config' ;;
    'certificates '*) echo 'list export renew revoke rollover' ;;
    'sessions list') echo '--config --control --user --sub --provider' ;;
    'sessions revoke') echo '--config --control --session --user --sub --all --provider' ;;
    'sessions '*) echo 'list revoke' ;;
    'login '*) echo '--print --file --name --ca --prefix' ;;
    'break-glass '*) echo '--email --group' ;;
    'tokens list' | 'tokens revoke') echo '--config --control' ;;
    'tokens '*) echo 'list revoke' ;;
    'approvals approve') echo '--config --control --until' ;;
    'approvals list') echo '--config --control --policy --state' ;;
    'approvals reject' | 'approvals withdraw') echo '--config --control' ;;
    'approvals '*) echo 'list approve reject withdraw' ;;
    'demo '*) echo '--port --directory' ;;
    ' '*) echo 'run check explain import reload status log-level profile upgrade certificates sessions tokens approvals login break-glass demo keygen version help' ;;
  esac
}

_gateway() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' action=''
  [ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
  [ "$COMP_CWORD" -gt 2 ] && action=${COMP_WORDS[2]}
  COMPREPLY=()
  case "$previous" in
    --config | -c | --control | --ca | --file | --output) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --from) [ "$command" = import ] && mapfile -t COMPREPLY < <(compgen -W 'auto oauth2-proxy ingress-nginx envoy-gateway traefik authelia' -- "$current"); return ;;
    --reason) mapfile -t COMPREPLY < <(compgen -W 'unspecified keyCompromise affiliationChanged superseded cessationOfOperation' -- "$current"); return ;;
    --user | --sub | --name | --prefix | --session | --provider | --until | --port | --as | --group | --claim | --method | --header) return ;;
  esac
  if [[ $command = check || $command = import ]] && [[ $current != -* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(_gateway_words "$command" "$action")" -- "$current")
}

complete -F _gateway gateway
