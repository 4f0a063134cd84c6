// The text of `gateway --help`: every command and option that command_line.cc takes.
#include "gateway/run/command_line.h"

namespace gateway {
namespace {

constexpr std::string_view kHelp = R"(gateway: an authenticating reverse proxy in one binary

  gateway run [--config FILE]           serve what gateway.yaml says
  gateway check [FILE] [--strict] [--online] [--print]
                                        every error in gateway.yaml with its place and mend; exit status 1 if there is
                                        one. --strict: warnings count too. --print: the effective configuration.
                                        --online: also whether origins, providers, stores, authorities and hosts are
                                        there, whether certificates are valid, and whether the clock is right
  gateway explain URL [--as EMAIL] [--group G] [--claim PATH=VALUE] [--provider NAME] [--method M] [--header 'N: V']
                  [--from IP] [--json]  what FILE makes of a request, and why: route, policy and rule, answer, what the
                                        app is sent. Nobody is asked. Without the first four: somebody without a session
  gateway import [--from FORMAT] FILE... [--output FILE]
                                        a gateway.yaml from the files of another program, read together (- is standard
                                        input), with a comment for whatever was not carried over; then exit status 3.
                                        FORMAT: auto, oauth2-proxy, ingress-nginx, envoy-gateway,
                                        traefik, authelia
  gateway certificates list             what storage holds: names, expiry, renewal, failures
  gateway certificates export HOST [--key]
                                        the certificate of HOST with its chain, and with --key its private key, as PEM
  gateway certificates renew NAME|--all [--control SOCKET]
                                        a running gateway orders another one now, whatever is left of the one it has
  gateway certificates revoke NAME [--reason REASON] [--no-order] [--control SOCKET]
                                        a running gateway has it revoked and, but for --no-order, orders another.
                                        REASON: unspecified, keyCompromise, affiliationChanged, superseded,
                                        cessationOfOperation
  gateway certificates rollover [--control SOCKET]
                                        another key for the account with the certificate authority
  gateway sessions list [--user NAME|--sub SUBJECT] [--provider NAME] [--control SOCKET]
                                        the sessions of a running gateway and its replicas, at most 32 of a person: id,
                                        whose, since and until when, from where roughly
  gateway sessions revoke --session ID [--control SOCKET]
                                        a running gateway ends this one, on all hosts and replicas
  gateway sessions revoke --user NAME|--sub SUBJECT|--all [--provider NAME] [--control SOCKET]
                                        a running gateway ends every session of a person that began until now, on all
                                        hosts and replicas, and the personal tokens. NAME: the user name or e-mail that
                                        apps see
  gateway tokens list [--control SOCKET]
                                        the personal tokens of a running gateway: whose, until when, for what
  gateway tokens revoke ID [--control SOCKET]
                                        a running gateway ends the one of this id, on all replicas
  gateway reload [--control SOCKET]     a running gateway reads its file again and says what has changed; with errors it
                                        goes on as it is
  gateway status [--json] [--control SOCKET]
                                        how a running gateway is doing: file, listeners, connections, routes and their
                                        origins, certificates, providers, storage; --json: recent sign-ins and refusals
                                        too
  gateway log-level [error|warn|info|debug] [--control SOCKET]
                                        what a running gateway logs from now on (log.level), until a reload or its end.
                                        Without a level: which it is
  gateway profile [--seconds N] [--control SOCKET]
                                        where a running gateway's processor time goes in the next 10 seconds, or N: stacks
                                        as flame graphs are drawn from, the most frequent first
  gateway upgrade [--control SOCKET]    a running gateway starts the program anew, which takes over its sockets; what was
                                        begun is finished. If the new one does not come up the old one goes on
  gateway approvals list [--policy NAME] [--state STATE] [TEXT] [--control SOCKET]
                                        who waits for approval, and what was decided: of one policy, in one state
                                        (waiting, approved, rejected), with the text in e-mail, name or subject
  gateway approvals approve ID [--until YYYY-MM-DD] | reject ID | withdraw ID [--control SOCKET]
                                        a running gateway lets them in (until the end of that day, UTC), keeps them
                                        out, or forgets what was decided
  gateway demo [--port 8443] [--directory DIR]
                                        try it: a private CA, a development identity provider and a sample app
  gateway keygen                        a new key for login.session.keys
  gateway login URL [--print|--file PATH] [--name NAME] [--ca FILE] [--prefix /oauth2]
                                        a personal token for this terminal, which its owner allows in a browser: to
                                        PATH, else ~/.config/gateway/HOST.token, or standard output. URL: https://HOST
  gateway break-glass USER [--email ADDRESS] [--group NAME]...
                                        asks for a password and makes an account for emergencies (login.break_glass):
                                        prints it, and on standard error what an authenticator app wants
  gateway version

FILE is /etc/gateway/gateway.yaml unless you say otherwise. SOCKET is listen.control of FILE.

Signals of a running gateway
  TERM, INT    not ready, go on accepting for shutdown.delay, finish what is running within shutdown.timeout, end
  HUP          read gateway.yaml again; with errors go on as it is
  USR1         open the files of log.access and log.audit again, after they were moved away (logrotate)
  USR2         as gateway upgrade
)";

}  // namespace

std::string_view help_text() {
  return kHelp;
}

}  // namespace gateway
