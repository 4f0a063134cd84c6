# Completion of gateway(1) for fish.

set -l commands run check explain import reload status log-level upgrade certificates sessions tokens approvals login break-glass demo keygen version help
set -l talking reload status log-level upgrade certificates sessions tokens approvals

complete -c gateway -f
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a run -d "serve what gateway.yaml says"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a check -d "every error in gateway.yaml with its place and mend"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a explain -d "what the file makes of a request, and why"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a import -d "a gateway.yaml from the files of another program"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a reload -d "a running gateway reads its file again"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a status -d "how a running gateway is doing"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a log-level -d "what a running gateway logs"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a upgrade -d "a running gateway is replaced by a new process"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a certificates -d "what storage holds, and orders"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a sessions -d "end sessions"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a tokens -d "personal tokens"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a approvals -d "who waits for approval"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a login -d "a personal token for this terminal"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a break-glass -d "an account for emergencies"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a demo -d "try it"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a keygen -d "a new key for login.session.keys"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a version -d "the version"
complete -c gateway -n "not __fish_seen_subcommand_from $commands" -a help -d "every command"

complete -c gateway -n "__fish_seen_subcommand_from run check explain $talking" -l config -r -F -d "the configuration"
complete -c gateway -n "__fish_seen_subcommand_from $talking" -l control -r -F -d "the socket of a running gateway"
complete -c gateway -n "__fish_seen_subcommand_from check" -F
complete -c gateway -n "__fish_seen_subcommand_from check" -l strict -d "warnings count too"
complete -c gateway -n "__fish_seen_subcommand_from check" -l online -d "also whether what it names is there"
complete -c gateway -n "__fish_seen_subcommand_from check" -l print -d "the effective configuration"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l as -x -d "e-mail of who asks"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l group -x -d "of theirs"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l claim -x -d "of theirs: path=value"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l provider -x -d "where they signed in"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l method -x -d "of the request"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l header -x -d "of the request"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l from -x -d "address of the client"
complete -c gateway -n "__fish_seen_subcommand_from explain" -l json -d "for programs"
complete -c gateway -n "__fish_seen_subcommand_from status" -l json -d "for programs"
complete -c gateway -n "__fish_seen_subcommand_from log-level; and not __fish_seen_subcommand_from error warn info debug" -a "error warn info debug"
complete -c gateway -n "__fish_seen_subcommand_from import" -F
complete -c gateway -n "__fish_seen_subcommand_from import" -l from -x -a "auto oauth2-proxy ingress-nginx envoy-gateway traefik authelia" -d "their format"
complete -c gateway -n "__fish_seen_subcommand_from import" -l output -r -F -d "where it is written"
complete -c gateway -n "__fish_seen_subcommand_from demo" -l port -x -d "of https"
complete -c gateway -n "__fish_seen_subcommand_from demo" -l directory -x -a "(__fish_complete_directories)" -d "of its files"

complete -c gateway -n "__fish_seen_subcommand_from login" -l print -d "to standard output"
complete -c gateway -n "__fish_seen_subcommand_from login" -l file -r -F -d "where the token goes"
complete -c gateway -n "__fish_seen_subcommand_from login" -l name -x -d "what asks"
complete -c gateway -n "__fish_seen_subcommand_from login" -l ca -r -F -d "whose certificates count"
complete -c gateway -n "__fish_seen_subcommand_from login" -l prefix -x -d "login.prefix there"
complete -c gateway -n "__fish_seen_subcommand_from break-glass" -l email -x -d "its e-mail"
complete -c gateway -n "__fish_seen_subcommand_from break-glass" -l group -x -d "one of its groups"

complete -c gateway -n "__fish_seen_subcommand_from certificates; and not __fish_seen_subcommand_from list export renew revoke rollover" -a "list export renew revoke rollover"
complete -c gateway -n "__fish_seen_subcommand_from certificates; and __fish_seen_subcommand_from export" -l key -d "the private key as well"
complete -c gateway -n "__fish_seen_subcommand_from certificates; and __fish_seen_subcommand_from renew" -l all -d "every one"
complete -c gateway -n "__fish_seen_subcommand_from certificates; and __fish_seen_subcommand_from revoke" -l no-order -d "order no other"
complete -c gateway -n "__fish_seen_subcommand_from certificates; and __fish_seen_subcommand_from revoke" -l reason -x -a "unspecified keyCompromise affiliationChanged superseded cessationOfOperation"

complete -c gateway -n "__fish_seen_subcommand_from sessions; and not __fish_seen_subcommand_from list revoke" -a "list revoke"
complete -c gateway -n "__fish_seen_subcommand_from sessions" -l user -x -d "name or e-mail"
complete -c gateway -n "__fish_seen_subcommand_from sessions" -l sub -x -d "subject"
complete -c gateway -n "__fish_seen_subcommand_from sessions" -l session -x -d "one of list"
complete -c gateway -n "__fish_seen_subcommand_from sessions" -l all -d "of everybody"
complete -c gateway -n "__fish_seen_subcommand_from sessions" -l provider -x -d "at this one alone"

complete -c gateway -n "__fish_seen_subcommand_from tokens; and not __fish_seen_subcommand_from list revoke" -a "list revoke"

complete -c gateway -n "__fish_seen_subcommand_from approvals; and not __fish_seen_subcommand_from list approve reject withdraw" -a "list approve reject withdraw"
complete -c gateway -n "__fish_seen_subcommand_from approvals; and __fish_seen_subcommand_from list" -l policy -x -d "of this one alone"
complete -c gateway -n "__fish_seen_subcommand_from approvals; and __fish_seen_subcommand_from list" -l state -x -a "waiting approved rejected" -d "in this one alone"
complete -c gateway -n "__fish_seen_subcommand_from approvals; and __fish_seen_subcommand_from approve" -l until -x -d "the last day"
