// The words in German: formal, as an administration would write to anybody.
#include "gateway/pages/words.h"

namespace gateway {
namespace {

constexpr Words kGerman{
    .tag = "de",
    .common = {.reference = "Vorgangsnummer",
               .try_again = "Erneut versuchen",
               .signed_in_as = "Angemeldet als",
               .signed_in_with = "Über",
               .another_account = "Anderes Konto verwenden",
               .help = "Hilfe"},
    .sign_in = {.heading = "Anmelden",
                .destination = "Weiter zu {}",
                .continue_with = "Weiter mit {}",
                .under_way = "Anmeldung läuft",
                .go_on = "Weiter"},
    .access = {.denied = "Kein Zugriff",
               .denied_message = "Mit Ihrem Konto können Sie {} nicht öffnen. Wenn Sie Zugriff benötigen, "
                                 "wenden Sie sich an die Betreiber dieser Website und nennen Sie die unten "
                                 "stehende Vorgangsnummer.",
               .pending = "Freigabe ausstehend",
               .pending_message = "Ihr Konto ist für {} noch nicht freigegeben. Wenden Sie sich an die "
                                  "Betreiber dieser Website und nennen Sie die unten stehende "
                                  "Vorgangsnummer. Laden Sie diese Seite neu, sobald die Freigabe erteilt "
                                  "ist.",
               .offered =
                   "Mit Ihrem Konto können Sie {} nicht öffnen. Wenn Sie Zugriff benötigen, beantragen Sie "
                   "ihn: Die Betreiber dieser Website erfahren, wer Sie sind, und entscheiden.",
               .waiting = "Ihr Konto ist für {} noch nicht freigegeben. Die Betreiber dieser Website sehen "
                          "Ihren Antrag und entscheiden; kommen Sie später wieder.",
               .rejected = "Ihr Antrag für {} wurde abgelehnt. Wenn das ein Versehen ist, wenden Sie sich an "
                           "die Betreiber dieser Website.",
               .not_taken = "Ihr Konto ist für {} nicht freigegeben, und zurzeit werden keine weiteren "
                            "Anträge angenommen. Wenden Sie sich an die Betreiber dieser Website und nennen "
                            "Sie die unten stehende Vorgangsnummer.",
               .ask = "Zugriff beantragen",
               .check_again = "Erneut prüfen"},
    .approvals = {.heading = "Anträge auf Zugriff",
                  .nobody = "Niemand hat Zugriff beantragt.",
                  .decide = "Entscheiden Sie, wer Zugriff erhält.",
                  .waiting = "Ausstehend",
                  .approved = "Freigegeben",
                  .rejected = "Abgelehnt",
                  .email = "E-Mail",
                  .verified = "{} (bestätigt)",
                  .not_verified = "{} (nicht bestätigt)",
                  .name = "Name",
                  .provider = "Über",
                  .issuer = "Aussteller",
                  .subject = "Kennung",
                  .policy = "Für",
                  .asked = "Beantragt",
                  .decided = "Entschieden",
                  .decided_by = "Von",
                  .until = "Bis",
                  .choose_until = "Bis (optional, UTC)",
                  .approve = "Freigeben",
                  .reject = "Ablehnen",
                  .withdraw = "Aufheben",
                  .oneself = "Das sind Sie selbst: Jemand anderes muss entscheiden.",
                  .left_out = "{} weitere; gateway approvals list zeigt alle.",
                  .changed = {"Der Stand hat sich geändert",
                              "Was Sie gesehen haben, hat sich inzwischen geändert. Sehen Sie noch einmal "
                              "nach und entscheiden Sie neu."},
                  .malformed = {"Das funktioniert nicht",
                                "Das Formular wurde nicht wie erwartet ausgefüllt. Gehen Sie zurück und "
                                "versuchen Sie es noch einmal."},
                  .not_kept = {"Zurzeit nicht verfügbar",
                               "Die Entscheidung konnte nicht gespeichert werden. Sehen Sie nach, ob sie "
                               "gilt, und versuchen Sie es gleich noch einmal."},
                  .refused = {"Das wurde abgelehnt",
                              "Das Formular ist zu alt oder gehört zu einer anderen Sitzung, oder die "
                              "Entscheidung steht Ihnen nicht zu. Öffnen Sie die Seite neu."}},
    .sign_out = {.ask = {"Abmelden?", "Sie werden von allen Apps abgemeldet, die diese Anmeldung nutzen."},
                 .yes = "Abmelden",
                 .no = "Angemeldet bleiben",
                 .done = {"Sie sind abgemeldet",
                          "Schließen Sie auf einem gemeinsam genutzten Computer auch den Browser."},
                 .sign_in_again = "Erneut anmelden"},
    .session_ended = {.heading = "Ihre Sitzung ist abgelaufen",
                      .is_lost = "Ihre Eingaben wurden nicht verarbeitet. Melden Sie sich an, gehen Sie dann "
                                 "zurück und senden Sie sie noch einmal ab.",
                      .is_kept = "Ihre Eingaben wurden nicht verarbeitet, sind auf dieser Seite aber noch "
                                 "vorhanden. Melden Sie sich an – dafür öffnet sich ein neuer Tab –, kehren "
                                 "Sie hierher zurück und senden Sie sie dann ab.",
                      .sign_in = "Anmelden",
                      .send = "Absenden",
                      .unknown = {"Zurzeit nicht verfügbar",
                                  "Sie sind angemeldet, aber diese Website kann gerade nicht feststellen, "
                                  "worauf Sie Zugriff haben. Versuchen Sie es gleich noch einmal."}},
    .account = {.label = "Ihr Konto",
                .apps = "Apps",
                .sessions = "Sitzungen",
                .tokens = "Tokens",
                .approvals = "Anträge auf Zugriff"},
    .apps = {.heading = "Ihre Apps",
             .introduction = "Auf diese Apps haben Sie Zugriff.",
             .none = "Sie haben auf keine App Zugriff."},
    .sessions =
        {.heading = "Ihre Sitzung",
         .introduction = "In diesem Browser sind Sie angemeldet.",
         .since = "Seit",
         .until = "Bis",
         .everywhere = "Überall abmelden",
         .everywhere_ends =
             "Damit enden alle Ihre Sitzungen, in jedem Browser. Die Tokens Ihrer Programme bleiben gültig.",
         .all = "Alle meine Sitzungen anzeigen",
         .others = "Ihre anderen Sitzungen",
         .program = "Browser",
         .network = "Netz",
         .end = "Diese Sitzung beenden",
         .not_known = "Ihre anderen Sitzungen lassen sich gerade nicht anzeigen. Versuchen Sie es in ein "
                      "paar Minuten noch einmal."},
    .tokens = {.heading = "Ihre Token",
               .introduction =
                   "Mit einem Token kommt ein Programm von Ihnen dorthin, wohin auch Sie selbst dürfen.",
               .made =
                   "Hier ist Ihr Token. Bewahren Sie es jetzt auf, denn es wird nicht noch einmal angezeigt.",
               .how_sent = "Programme senden es als {}.",
               .name = "Name",
               .opens = "Öffnet",
               .made_on = "Erstellt",
               .ends_on = "Endet",
               .days = "Gültig für so viele Tage",
               .revoke = "Widerrufen",
               .make = "Token erstellen",
               .nowhere = "Hier gibt es nichts, was ein Token von Ihnen öffnen könnte.",
               .bad_name = "Geben Sie dem Token einen kurzen Namen.",
               .bad_days = "Wählen Sie 1 bis {} Tage.",
               .bad_place = "Wählen Sie mindestens einen der Orte unten aus.",
               .too_many_places = "Wählen Sie weniger Orte aus.",
               .too_many_tokens = "Sie haben zu viele Token. Widerrufen Sie zuerst eines.",
               .not_kept = "Das Token konnte nicht gespeichert werden. Versuchen Sie es später noch einmal.",
               .not_written = "Das Token gilt hier nicht mehr, das konnte aber nicht gespeichert werden. Es "
                              "wird erneut versucht."},
    .device =
        {.heading = "Gerät zulassen",
         .introduction = "Geben Sie den Code ein, den Ihr Gerät oder Programm anzeigt.",
         .warning = "Erlauben Sie das nur, wenn Sie es gerade selbst gestartet haben und es genau diesen "
                    "Code anzeigt. Wer Ihnen einen Code oder einen Link zu dieser Seite geschickt hat, "
                    "könnte sonst in Ihrem Namen handeln.",
         .what_it_gets =
             "Es erhält ein Token und darf dann an den Orten, die Sie auswählen, was Sie selbst dürfen.",
         .code = "Code",
         .calls_itself = "Nennt sich",
         .asks_from = "Fragt von",
         .you_are_at = "Sie sind bei",
         .asked_at = "Gefragt am",
         .go_on = "Weiter",
         .allow = "Erlauben",
         .deny = "Ablehnen",
         .allowed = "Das Gerät ist zugelassen",
         .allowed_message = "Es holt sich sein Token selbst. Sie können diese Seite schließen.",
         .denied = "Das Gerät ist nicht zugelassen",
         .denied_message = "Es erfährt, dass Sie abgelehnt haben. Sie können diese Seite schließen.",
         .unknown_code = "Mit diesem Code wartet kein Gerät. Codes gelten zehn Minuten; lassen Sie das Gerät "
                         "einen neuen anzeigen.",
         .too_many_codes =
             "Sie haben zu viele Codes eingegeben. Versuchen Sie es in einigen Minuten noch einmal.",
         .not_kept = "Das konnte nicht gespeichert werden. Versuchen Sie es gleich noch einmal."},
    .break_glass = {.heading = "Anmeldung im Notfall",
                    .introduction = "Für die Betreiber dieser Seite, solange die gewöhnliche Anmeldung nicht "
                                    "geht. Jede Benutzung wird protokolliert und gemeldet.",
                    .password = "Passwort",
                    .code = "Code der Authenticator-App",
                    .sign_in = "Anmelden",
                    .wrong = "Das Passwort oder der Code stimmt nicht, oder der Code wurde schon benutzt. "
                             "Warten Sie auf den nächsten Code.",
                    .too_many = "Zu viele Versuche. Warten Sie eine Viertelstunde.",
                    .unavailable =
                        "Die Anmeldung lässt sich gerade nicht prüfen. Versuchen Sie es noch einmal."},
    .statuses =
        {.bad_request = {"Die Anfrage ist nicht lesbar",
                         "Die Adresse oder die vom Browser gesendeten Daten sind fehlerhaft. Prüfen Sie die "
                         "Adresse oder beginnen Sie auf der Startseite der App von vorn."},
         .sign_in_required = {"Bitte melden Sie sich an",
                              "Um diese Seite zu sehen, müssen Sie angemeldet sein."},
         .forbidden = {"Diese Seite ist gesperrt", "Der Zugriff auf diese Adresse ist nicht erlaubt."},
         .not_found = {"Hier gibt es nichts",
                       "Unter dieser Adresse gibt es weder eine App noch eine Seite. Prüfen Sie, ob Sie sich "
                       "vertippt haben."},
         .method_not_allowed = {"Das ist hier nicht möglich",
                                "Die Adresse gibt es, aber nicht für diese Art von Anfrage."},
         .request_timeout = {"Die Anfrage hat zu lange gedauert",
                             "Sie ist nicht rechtzeitig vollständig angekommen. Prüfen Sie Ihre Verbindung "
                             "und versuchen Sie es noch einmal."},
         .body_too_large = {"Das ist zu groß zum Hochladen",
                            "Es wurde mehr gesendet, als diese App annimmt."},
         .target_too_long = {"Diese Adresse ist zu lang",
                             "Kürzen Sie die Adresse oder beginnen Sie auf der Startseite der App von vorn."},
         .unsupported_media_type = {"Dieses Format wird nicht angenommen",
                                    "Die App erwartet hier ein anderes Format."},
         .expectation_failed = {"Die Anfrage ist nicht erfüllbar",
                                "Sie verlangt etwas, das hier nicht angeboten wird."},
         .misdirected_request =
             {"Falsche Verbindung für diese Website",
              "Der Browser hat diese Website über eine Verbindung aufgerufen, die zu einer "
              "anderen gehört. Laden Sie die Seite neu."},
         .upgrade_required = {"Hier wird ein anderes Protokoll benötigt",
                              "Diese Adresse ist nur über ein anderes Protokoll erreichbar."},
         .too_many_requests = {"Zu viele Anfragen",
                               "Von Ihnen kamen mehr Anfragen, als auf einmal erlaubt sind. Warten Sie einen "
                               "Moment und versuchen Sie es dann noch einmal."},
         .fields_too_large = {"Der Browser hat zu viel gesendet",
                              "Cookies oder andere Felder der Anfrage sind zu groß. Löschen Sie die Cookies "
                              "dieser Website."},
         .internal_error = {"Bei uns ist etwas schiefgelaufen",
                            "Die Anfrage konnte nicht abgeschlossen werden. Versuchen Sie es gleich noch "
                            "einmal; wenn es dabei bleibt, geben Sie die unten stehende Vorgangsnummer "
                            "weiter."},
         .not_implemented = {"Das wird nicht unterstützt",
                             "Die Anfrage nutzt etwas, das hier nicht unterstützt wird."},
         .bad_gateway = {"Die App antwortet nicht",
                         "Die App hinter dieser Adresse ist nicht erreichbar oder antwortet nicht richtig. "
                         "Versuchen Sie es gleich noch einmal; wenn es dabei bleibt, geben Sie die unten "
                         "stehende Vorgangsnummer weiter."},
         .unavailable = {"Zurzeit nicht verfügbar",
                         "Die App ist ausgelastet oder wird gerade neu gestartet. Versuchen Sie es gleich "
                         "noch einmal."},
         .gateway_timeout = {"Die App hat zu lange gebraucht",
                             "Die App hinter dieser Adresse hat nicht rechtzeitig geantwortet. Versuchen Sie "
                             "es gleich noch einmal; wenn es dabei bleibt, geben Sie die unten stehende "
                             "Vorgangsnummer weiter."},
         .version_not_supported = {"Diese HTTP-Version wird nicht unterstützt",
                                   "Verwenden Sie HTTP/1.1 oder HTTP/2."}},
    .failures =
        {.bad_callback = {"Die Anmeldung hat nicht funktioniert",
                          "In diesem Browser läuft keine Anmeldung, zu der diese Antwort gehört. Vielleicht "
                          "werden Cookies abgelehnt, die Anmeldung hat länger als zehn Minuten gedauert oder "
                          "sie wurde in einem anderen Browser oder Fenster begonnen. Öffnen Sie die "
                          "gewünschte Seite noch einmal."},
         .refused_by_provider = {"Sie wurden nicht angemeldet",
                                 "Der Anmeldedienst hat abgelehnt oder die Anmeldung wurde abgebrochen."},
         .not_verified =
             {"Die Anmeldung hat nicht funktioniert",
              "Die Antwort des Anmeldedienstes ließ sich nicht überprüfen. Wenn das noch einmal "
              "geschieht, wenden Sie sich mit der unten stehenden Vorgangsnummer an die Betreiber "
              "dieser Website."},
         .provider_down = {"Die Anmeldung ist zurzeit nicht möglich",
                           "Der Anmeldedienst ist nicht erreichbar. Versuchen Sie es gleich noch einmal."},
         .session_not_kept = {"Die Anmeldung ist zurzeit nicht möglich",
                              "Sie wurden erkannt, aber diese Website kann gerade keine Sitzungen speichern. "
                              "Versuchen Sie es gleich noch einmal."},
         .session_too_large = {"Die Anmeldung hat nicht funktioniert",
                               "Zu Ihrem Konto gehören mehr Gruppen und Angaben, als eine Sitzung aufnehmen "
                               "kann. Die Betreiber dieser Website können beim Anmeldedienst weniger "
                               "anfordern; nennen Sie ihnen die unten stehende Vorgangsnummer."},
         .ticket_too_large = {"Die Anmeldung hat nicht funktioniert",
                              "Sie wurden angemeldet, aber zu Ihrem Konto gehören mehr Gruppen und Angaben, "
                              "als an diesen Teil der Website übergeben werden können. Die Betreiber können "
                              "beim Anmeldedienst weniger anfordern; nennen Sie ihnen die unten stehende "
                              "Vorgangsnummer."},
         .bad_return = {"Die Anmeldung hat nicht funktioniert",
                        "In diesem Browser läuft keine Anmeldung, zu der diese Adresse gehört. Vielleicht "
                        "werden Cookies abgelehnt, oder die Adresse wurde schon verwendet oder ist zu alt. "
                        "Öffnen Sie die gewünschte Seite noch einmal."},
         .bad_target = {"Diese Adresse funktioniert nicht",
                        "Sie soll an einen Ort zurückführen, der nicht zu dieser Website gehört."},
         .sign_out_not_kept = {"Nur hier abgemeldet",
                               "In diesem Browser sind Sie abgemeldet, den anderen Teilen dieser Website "
                               "konnte das aber nicht mitgeteilt werden. Schließen Sie auf gemeinsam "
                               "genutzten Geräten den Browser und verständigen Sie die Betreiber."},
         .loop_no_cookie = {"Die Anmeldung ist zweimal hintereinander gescheitert",
                            "Sie wurden angemeldet, aber der Browser hat das Sitzungs-Cookie nicht "
                            "zurückgesendet. Lassen Sie Cookies für diese Website zu; sind sie zugelassen, "
                            "sollten die Betreiber Adresse und Cookie-Einstellungen prüfen."},
         .loop_clock = {"Die Anmeldung ist zweimal hintereinander gescheitert",
                        "Sie wurden angemeldet, aber die Sitzung gilt als abgelaufen oder noch nicht "
                        "begonnen. Vermutlich geht eine Uhr dieser Website falsch; melden Sie das den "
                        "Betreibern mit der unten stehenden Vorgangsnummer."},
         .loop_unreadable = {"Die Anmeldung ist zweimal hintereinander gescheitert",
                             "Sie wurden angemeldet, aber das Sitzungs-Cookie ist dort, wo es ankommt, nicht "
                             "lesbar. Vermutlich verwenden die Teile dieser Website verschiedene "
                             "Sitzungsschlüssel, oder eine andere Website derselben Domain setzt Cookies "
                             "gleichen Namens. Löschen Sie die Cookies dieser Website; hilft das nicht, "
                             "melden Sie es den Betreibern mit der unten stehenden Vorgangsnummer."},
         .loop_other = {"Die Anmeldung ist zweimal hintereinander gescheitert",
                        "Sie wurden angemeldet, aber die Sitzung gilt hier nicht. Vermutlich sind "
                        "Rücksprungadresse, Audience oder Anmeldedienst dieser Website falsch eingerichtet; "
                        "melden Sie das den Betreibern mit der unten stehenden Vorgangsnummer."}},
};

}  // namespace

const Words& german() {
  return kGerman;
}

}  // namespace gateway
