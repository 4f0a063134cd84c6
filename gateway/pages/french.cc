// The words in French: "vous", and a no-break space before the high punctuation marks.
#include "gateway/pages/words.h"

namespace gateway {
namespace {

constexpr Words kFrench{
    .tag = "fr",
    .common = {.reference = "Référence",
               .try_again = "Réessayer",
               .signed_in_as = "Connecté en tant que",
               .signed_in_with = "Via",
               .another_account = "Utiliser un autre compte",
               .help = "Aide"},
    .sign_in = {.heading = "Connexion",
                .destination = "Pour accéder à {}",
                .continue_with = "Continuer avec {}",
                .under_way = "Connexion en cours",
                .go_on = "Continuer"},
    .access =
        {.denied = "Accès refusé",
         .denied_message = "Votre compte ne permet pas d’ouvrir {}. Si vous devez y avoir accès, "
                           "adressez-vous aux responsables de ce site en leur indiquant la référence "
                           "ci-dessous.",
         .pending = "En attente d’approbation",
         .pending_message = "Votre compte n’a pas encore été approuvé pour {}. Adressez-vous aux "
                            "responsables de ce site en leur indiquant la référence ci-dessous ; une "
                            "fois l’accès accordé, rechargez cette page.",
         .offered = "Votre compte ne permet pas d’ouvrir {}. Si vous devez y avoir accès, demandez-le : les "
                    "responsables de ce site sauront qui vous êtes et décideront.",
         .waiting = "Votre compte n’a pas encore été approuvé pour {}. Les responsables de ce site voient "
                    "votre demande et décideront ; revenez plus tard.",
         .rejected = "Votre demande pour {} n’a pas été approuvée. Si elle aurait dû l’être, adressez-vous "
                     "aux responsables de ce site.",
         .not_taken =
             "Votre compte n’a pas été approuvé pour {}, et aucune autre demande n’est acceptée pour le "
             "moment. Adressez-vous aux responsables de ce site en indiquant la référence ci-dessous.",
         .ask = "Demander l’accès",
         .check_again = "Vérifier à nouveau"},
    .approvals =
        {.heading = "Demandes d’accès",
         .nobody = "Personne n’a demandé l’accès.",
         .decide = "Décidez qui peut entrer.",
         .waiting = "En attente",
         .approved = "Approuvées",
         .rejected = "Refusées",
         .email = "E-mail",
         .verified = "{} (vérifié)",
         .not_verified = "{} (non vérifié)",
         .name = "Nom",
         .provider = "Via",
         .issuer = "Émetteur",
         .subject = "Identifiant",
         .policy = "Pour",
         .asked = "Demandé",
         .decided = "Décidé",
         .decided_by = "Par",
         .until = "Jusqu’au",
         .choose_until = "Jusqu’au (facultatif, UTC)",
         .approve = "Approuver",
         .reject = "Refuser",
         .withdraw = "Retirer",
         .oneself = "C’est vous : quelqu’un d’autre doit décider.",
         .left_out = "{} de plus ; gateway approvals list les montre toutes.",
         .changed = {"La situation a changé",
                     "Ce que vous avez vu a changé entre-temps. Regardez à nouveau et décidez."},
         .malformed = {"Cela ne fonctionne pas",
                       "Le formulaire n’a pas été rempli comme prévu. Revenez en arrière et réessayez."},
         .not_kept = {"Indisponible pour le moment",
                      "La décision n’a pas pu être enregistrée. Vérifiez si elle est en vigueur et réessayez "
                      "dans un instant."},
         .refused = {"La demande a été refusée",
                     "Le formulaire est trop ancien ou appartient à une autre session, ou la décision ne "
                     "vous revient pas. Rouvrez la page."}},
    .sign_out = {.ask = {"Se déconnecter ?",
                         "Vous serez déconnecté de toutes les applications qui utilisent cette connexion."},
                 .yes = "Se déconnecter",
                 .no = "Rester connecté",
                 .done = {"Vous êtes déconnecté",
                          "Sur un ordinateur partagé, fermez également le navigateur."},
                 .sign_in_again = "Se reconnecter"},
    .session_ended = {.heading = "Votre session a expiré",
                      .is_lost = "Votre envoi n’a pas été traité. Connectez-vous, puis revenez en arrière et "
                                 "envoyez-le à nouveau.",
                      .is_kept = "Votre envoi n’a pas été traité, mais cette page l’a conservé. "
                                 "Connectez-vous (un nouvel onglet s’ouvrira), puis revenez ici pour "
                                 "l’envoyer.",
                      .sign_in = "Se connecter",
                      .send = "Envoyer",
                      .unknown = {"Indisponible pour le moment",
                                  "Vous êtes connecté, mais ce site ne peut pas vérifier pour l’instant à "
                                  "quoi vous avez accès. Réessayez dans un instant."}},
    .account = {.label = "Votre compte",
                .apps = "Applications",
                .sessions = "Sessions",
                .tokens = "Jetons",
                .approvals = "Demandes d’accès"},
    .apps = {.heading = "Vos applications",
             .introduction = "Vous avez accès à ces applications.",
             .none = "Vous n’avez accès à aucune application."},
    .sessions = {.heading = "Votre session",
                 .introduction = "Vous êtes connecté dans ce navigateur.",
                 .since = "Depuis",
                 .until = "Jusqu’à",
                 .everywhere = "Se déconnecter partout",
                 .everywhere_ends = "Toutes vos sessions prendront fin, dans tous les navigateurs. Les "
                                    "jetons de vos programmes restent valables.",
                 .all = "Afficher toutes mes sessions",
                 .others = "Vos autres sessions",
                 .program = "Navigateur",
                 .network = "Réseau",
                 .end = "Mettre fin à cette session",
                 .not_known = "Vos autres sessions ne peuvent pas être affichées pour le moment. Réessayez "
                              "dans quelques minutes."},
    .tokens = {.heading = "Vos jetons",
               .introduction = "Avec un jeton, un de vos programmes entre là où vous avez accès vous-même.",
               .made = "Voici votre jeton. Conservez-le maintenant : il ne sera plus affiché.",
               .how_sent = "Les programmes l’envoient sous la forme {}.",
               .name = "Nom",
               .opens = "Ouvre",
               .made_on = "Créé le",
               .ends_on = "Expire le",
               .days = "Nombre de jours de validité",
               .revoke = "Révoquer",
               .make = "Créer un jeton",
               .nowhere = "Il n’y a rien ici qu’un de vos jetons pourrait ouvrir.",
               .bad_name = "Donnez un nom court au jeton.",
               .bad_days = "Choisissez de 1 à {} jours.",
               .bad_place = "Choisissez au moins un des emplacements ci-dessous.",
               .too_many_places = "Choisissez moins d’emplacements.",
               .too_many_tokens = "Vous avez trop de jetons. Révoquez-en un d’abord.",
               .not_kept = "Le jeton n’a pas pu être enregistré. Réessayez plus tard.",
               .not_written = "Le jeton n’est plus valable ici, mais cela n’a pas pu être enregistré. Une "
                              "nouvelle tentative sera faite."},
    .device =
        {.heading = "Autoriser un appareil",
         .introduction = "Saisissez le code que votre appareil ou votre programme affiche.",
         .warning =
             "N’autorisez que si vous venez de le lancer vous-même et qu’il affiche exactement ce code. "
             "Quiconque vous aurait envoyé un code ou un lien vers cette page agirait en votre nom.",
         .what_it_gets = "Il reçoit un jeton et peut ensuite faire ce que vous pouvez faire aux emplacements "
                         "que vous choisissez.",
         .code = "Code",
         .calls_itself = "Se nomme",
         .asks_from = "Demande depuis",
         .you_are_at = "Vous êtes à",
         .asked_at = "Demandé le",
         .go_on = "Continuer",
         .allow = "Autoriser",
         .deny = "Refuser",
         .allowed = "L’appareil est autorisé",
         .allowed_message = "Il récupère lui-même son jeton. Vous pouvez fermer cette page.",
         .denied = "L’appareil n’est pas autorisé",
         .denied_message = "Il apprendra votre refus. Vous pouvez fermer cette page.",
         .unknown_code = "Aucun appareil n’attend avec ce code. Les codes durent dix minutes ; demandez-en "
                         "un autre à l’appareil.",
         .too_many_codes = "Vous avez saisi trop de codes. Réessayez dans quelques minutes.",
         .not_kept = "Cela n’a pas pu être enregistré. Réessayez dans un instant."},
    .break_glass =
        {.heading = "Connexion d’urgence",
         .introduction = "Pour les exploitants de ce site, tant que la connexion habituelle ne fonctionne "
                         "pas. Chaque utilisation est journalisée et signalée.",
         .password = "Mot de passe",
         .code = "Code de l’application d’authentification",
         .sign_in = "Se connecter",
         .wrong =
             "Le mot de passe ou le code est incorrect, ou le code a déjà servi. Attendez le code suivant.",
         .too_many = "Trop de tentatives. Attendez un quart d’heure.",
         .unavailable = "La connexion ne peut pas être vérifiée pour le moment. Réessayez."},
    .statuses =
        {.bad_request = {"Cette requête est illisible",
                         "L’adresse ou les données envoyées par le navigateur sont incorrectes. Vérifiez "
                         "l’adresse ou repartez de la page d’accueil de l’application."},
         .sign_in_required = {"Veuillez vous connecter",
                              "Vous devez être connecté pour consulter cette page."},
         .forbidden = {"Cette page vous est fermée", "L’accès à cette adresse n’est pas autorisé."},
         .not_found =
             {"Il n’y a rien ici",
              "Aucune application ni page ne se trouve à cette adresse. Vérifiez qu’elle ne contient "
              "pas de faute de frappe."},
         .method_not_allowed = {"Ce n’est pas possible ici",
                                "L’adresse existe, mais pas pour ce type de requête."},
         .request_timeout =
             {"La requête a pris trop de temps",
              "Elle n’est pas arrivée entière dans le délai prévu. Vérifiez votre connexion et "
              "réessayez."},
         .body_too_large = {"Cet envoi est trop volumineux",
                            "Les données envoyées dépassent ce que cette application accepte."},
         .target_too_long = {"Cette adresse est trop longue",
                             "Raccourcissez l’adresse ou repartez de la page d’accueil de l’application."},
         .unsupported_media_type = {"Ce type de contenu n’est pas accepté",
                                    "L’application attend ici un autre format."},
         .expectation_failed = {"Cette requête ne peut être satisfaite",
                                "Elle exige quelque chose qui n’est pas proposé ici."},
         .misdirected_request = {"Mauvaise connexion pour ce site",
                                 "Le navigateur a demandé ce site sur une connexion qui appartient à un "
                                 "autre. Rechargez la page."},
         .upgrade_required = {"Un autre protocole est nécessaire",
                              "Cette adresse ne répond qu’à un autre protocole."},
         .too_many_requests = {"Trop de requêtes",
                               "Vous avez envoyé plus de requêtes qu’il n’est permis à la fois. Patientez un "
                               "instant, puis réessayez."},
         .fields_too_large = {"Le navigateur a trop envoyé",
                              "Les cookies ou d’autres champs de la requête sont trop volumineux. Supprimez "
                              "les cookies de ce site."},
         .internal_error = {"Une erreur s’est produite de notre côté",
                            "La requête n’a pas abouti. Réessayez dans un instant ; si le problème persiste, "
                            "transmettez la référence ci-dessous."},
         .not_implemented = {"Ce n’est pas pris en charge",
                             "La requête utilise une fonction qui n’est pas prise en charge ici."},
         .bad_gateway =
             {"L’application ne répond pas",
              "L’application située à cette adresse est injoignable ou ne répond pas correctement. "
              "Réessayez dans un instant ; si le problème persiste, transmettez la référence "
              "ci-dessous."},
         .unavailable = {"Indisponible pour le moment",
                         "L’application est surchargée ou en cours de redémarrage. Réessayez dans un "
                         "instant."},
         .gateway_timeout =
             {"L’application a mis trop de temps",
              "L’application située à cette adresse n’a pas répondu à temps. Réessayez dans un "
              "instant ; si le problème persiste, transmettez la référence ci-dessous."},
         .version_not_supported = {"Cette version de HTTP n’est pas prise en charge",
                                   "Utilisez HTTP/1.1 ou HTTP/2."}},
    .failures =
        {.bad_callback = {"La connexion a échoué",
                          "Ce navigateur n’a aucune connexion en cours à laquelle cette réponse corresponde. "
                          "Les cookies sont peut-être refusés, la connexion a peut-être duré plus de dix "
                          "minutes, ou elle a été commencée dans un autre navigateur ou une autre fenêtre. "
                          "Ouvrez à nouveau la page souhaitée."},
         .refused_by_provider = {"Vous n’avez pas été connecté",
                                 "Le service de connexion a refusé, ou la connexion a été annulée."},
         .not_verified = {"La connexion a échoué",
                          "La réponse du service de connexion n’a pas pu être vérifiée. Si cela se "
                          "reproduit, prévenez les responsables de ce site en leur indiquant la référence "
                          "ci-dessous."},
         .provider_down = {"Connexion indisponible pour le moment",
                           "Le service de connexion est injoignable. Réessayez dans un instant."},
         .session_not_kept = {"Connexion indisponible pour le moment",
                              "Vous avez été reconnu, mais ce site ne peut pas enregistrer de session pour "
                              "l’instant. Réessayez dans un instant."},
         .session_too_large =
             {"La connexion a échoué",
              "Votre compte comporte plus de groupes et d’attributs qu’une session ne peut "
              "en contenir. Les responsables de ce site peuvent en demander moins au service "
              "de connexion ; indiquez-leur la référence ci-dessous."},
         .ticket_too_large =
             {"La connexion a échoué",
              "Vous avez été connecté, mais votre compte comporte plus de groupes et "
              "d’attributs qu’il n’est possible d’en transmettre à cette partie du site. Ses "
              "responsables peuvent en demander moins au service de connexion ; indiquez-leur "
              "la référence ci-dessous."},
         .bad_return = {"La connexion a échoué",
                        "Ce navigateur n’a aucune connexion en cours à laquelle cette adresse corresponde. "
                        "Les cookies sont peut-être refusés, ou l’adresse a déjà servi ou est trop ancienne. "
                        "Ouvrez à nouveau la page souhaitée."},
         .bad_target = {"Cette adresse ne fonctionne pas",
                        "Elle demande un retour vers un endroit qui n’appartient pas à ce site."},
         .sign_out_not_kept = {"Déconnecté ici seulement",
                               "Vous êtes déconnecté dans ce navigateur, mais les autres parties de ce site "
                               "n’ont pas pu en être informées. Fermez le navigateur sur les appareils "
                               "partagés et prévenez les responsables de ce site."},
         .loop_no_cookie =
             {"La connexion a échoué deux fois de suite",
              "Vous avez été connecté, mais le navigateur n’a pas renvoyé le cookie de session. "
              "Autorisez les cookies pour ce site ; s’ils le sont déjà, ses responsables "
              "doivent vérifier son adresse et ses réglages de cookies."},
         .loop_clock = {"La connexion a échoué deux fois de suite",
                        "Vous avez été connecté, mais la session est considérée comme terminée ou pas encore "
                        "commencée. Une horloge de ce site est sans doute mal réglée ; prévenez ses "
                        "responsables en leur indiquant la référence ci-dessous."},
         .loop_unreadable = {"La connexion a échoué deux fois de suite",
                             "Vous avez été connecté, mais le cookie de session est illisible là où il "
                             "arrive. Les parties de ce site utilisent sans doute des clés de session "
                             "différentes, ou un autre site du même domaine dépose des cookies de même nom. "
                             "Supprimez les cookies de ce site ; si cela ne suffit pas, prévenez ses "
                             "responsables en leur indiquant la référence ci-dessous."},
         .loop_other = {"La connexion a échoué deux fois de suite",
                        "Vous avez été connecté, mais la session n’est pas reconnue ici. L’adresse de "
                        "retour, l’audience ou le fournisseur de ce site est sans doute mal configuré ; "
                        "prévenez ses responsables en leur indiquant la référence ci-dessous."}},
};

}  // namespace

const Words& french() {
  return kFrench;
}

}  // namespace gateway
