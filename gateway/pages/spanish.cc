// The words in Spanish: "usted", and words that are common to both sides of the Atlantic.
#include "gateway/pages/words.h"

namespace gateway {
namespace {

constexpr Words kSpanish{
    .tag = "es",
    .common = {.reference = "Referencia",
               .try_again = "Reintentar",
               .signed_in_as = "Sesión iniciada como",
               .signed_in_with = "Con",
               .another_account = "Usar otra cuenta",
               .help = "Ayuda"},
    .sign_in = {.heading = "Iniciar sesión",
                .destination = "Para continuar a {}",
                .continue_with = "Continuar con {}",
                .under_way = "Iniciando sesión",
                .go_on = "Continuar"},
    .access = {.denied = "No tiene acceso",
               .denied_message = "Su cuenta no puede abrir {}. Si debería poder hacerlo, diríjase a los "
                                 "responsables de este sitio e indíqueles la referencia que figura abajo.",
               .pending = "Pendiente de aprobación",
               .pending_message = "Su cuenta aún no ha sido aprobada para {}. Diríjase a los responsables de "
                                  "este sitio e indíqueles la referencia que figura abajo; cuando la "
                                  "aprueben, vuelva a cargar esta página.",
               .offered = "Su cuenta no puede abrir {}. Si debería poder, solicite el acceso: los "
                          "responsables de este sitio sabrán quién es usted y decidirán.",
               .waiting = "Su cuenta todavía no está aprobada para {}. Los responsables de este sitio ven su "
                          "solicitud y decidirán; vuelva más tarde.",
               .rejected = "Su solicitud para {} no fue aprobada. Si debería haberlo sido, diríjase a los "
                           "responsables de este sitio.",
               .not_taken =
                   "Su cuenta no está aprobada para {}, y por el momento no se admiten más solicitudes. "
                   "Diríjase a los responsables de este sitio e indíqueles la referencia que figura abajo.",
               .ask = "Solicitar acceso",
               .check_again = "Comprobar de nuevo"},
    .approvals =
        {.heading = "Solicitudes de acceso",
         .nobody = "Nadie ha solicitado acceso.",
         .decide = "Decida quién puede entrar.",
         .waiting = "Pendientes",
         .approved = "Aprobadas",
         .rejected = "Rechazadas",
         .email = "Correo",
         .verified = "{} (verificado)",
         .not_verified = "{} (sin verificar)",
         .name = "Nombre",
         .provider = "Mediante",
         .issuer = "Emisor",
         .subject = "Identificador",
         .policy = "Para",
         .asked = "Solicitado",
         .decided = "Decidido",
         .decided_by = "Por",
         .until = "Hasta",
         .choose_until = "Hasta (opcional, UTC)",
         .approve = "Aprobar",
         .reject = "Rechazar",
         .withdraw = "Retirar",
         .oneself = "Es usted: debe decidir otra persona.",
         .left_out = "{} más; gateway approvals list las muestra todas.",
         .changed = {"Algo ha cambiado",
                     "Lo que vio ha cambiado entretanto. Vuelva a mirar y decida de nuevo."},
         .malformed = {"Esto no funciona",
                       "El formulario no se rellenó como se esperaba. Vuelva atrás e inténtelo de nuevo."},
         .not_kept = {"No disponible en este momento",
                      "No se pudo guardar la decisión. Compruebe si está en vigor e inténtelo de nuevo en un "
                      "momento."},
         .refused = {"Se ha rechazado",
                     "El formulario es demasiado antiguo o pertenece a otra sesión, o la decisión no le "
                     "corresponde. Abra la página de nuevo."}},
    .sign_out = {.ask = {"¿Cerrar sesión?",
                         "Se cerrará su sesión en todas las aplicaciones que usan este acceso."},
                 .yes = "Cerrar sesión",
                 .no = "Mantener la sesión",
                 .done = {"Ha cerrado la sesión", "Si el equipo es compartido, cierre también el navegador."},
                 .sign_in_again = "Volver a iniciar sesión"},
    .session_ended = {.heading = "Su sesión ha terminado",
                      .is_lost = "Lo que envió no se ha procesado. Inicie sesión, vuelva atrás y envíelo de "
                                 "nuevo.",
                      .is_kept = "Lo que envió no se ha procesado, pero esta página lo conserva. Inicie "
                                 "sesión (se abrirá otra pestaña), vuelva a esta y envíelo.",
                      .sign_in = "Iniciar sesión",
                      .send = "Enviar",
                      .unknown = {"No disponible en este momento",
                                  "Ha iniciado sesión, pero este sitio no puede comprobar ahora a qué tiene "
                                  "acceso. Vuelva a intentarlo dentro de un momento."}},
    .account = {.label = "Su cuenta",
                .apps = "Aplicaciones",
                .sessions = "Sesiones",
                .tokens = "Tokens",
                .approvals = "Solicitudes de acceso"},
    .apps = {.heading = "Sus aplicaciones",
             .introduction = "Tiene acceso a estas aplicaciones.",
             .none = "No tiene acceso a ninguna aplicación."},
    .sessions =
        {.heading = "Su sesión",
         .introduction = "Ha iniciado sesión en este navegador.",
         .since = "Desde",
         .until = "Hasta",
         .everywhere = "Cerrar sesión en todas partes",
         .everywhere_ends = "Terminarán todas sus sesiones, en todos los navegadores. Los tokens de "
                            "sus programas seguirán siendo válidos.",
         .all = "Mostrar todas mis sesiones",
         .others = "Sus otras sesiones",
         .program = "Navegador",
         .network = "Red",
         .end = "Terminar esta sesión",
         .not_known =
             "Sus otras sesiones no se pueden mostrar en este momento. Inténtelo de nuevo en unos minutos."},
    .tokens = {.heading = "Sus tokens",
               .introduction = "Con un token, un programa suyo entra donde usted mismo tiene acceso.",
               .made = "Este es su token. Guárdelo ahora: no se volverá a mostrar.",
               .how_sent = "Los programas lo envían como {}.",
               .name = "Nombre",
               .opens = "Abre",
               .made_on = "Creado",
               .ends_on = "Caduca",
               .days = "Días de validez",
               .revoke = "Revocar",
               .make = "Crear un token",
               .nowhere = "Aquí no hay nada que un token suyo pueda abrir.",
               .bad_name = "Dé al token un nombre corto.",
               .bad_days = "Elija de 1 a {} días.",
               .bad_place = "Elija al menos uno de los lugares de abajo.",
               .too_many_places = "Elija menos lugares.",
               .too_many_tokens = "Tiene demasiados tokens. Revoque uno primero.",
               .not_kept = "No se pudo guardar el token. Inténtelo de nuevo más tarde.",
               .not_written =
                   "El token ya no es válido aquí, pero no se pudo dejar constancia. Se intentará de nuevo."},
    .device = {.heading = "Autorizar un dispositivo",
               .introduction = "Escriba el código que muestra su dispositivo o programa.",
               .warning =
                   "Autorícelo solo si acaba de iniciarlo usted mismo y muestra exactamente este código. "
                   "Quien le haya enviado un código o un enlace a esta página actuaría en su nombre.",
               .what_it_gets =
                   "Recibe un token y puede hacer lo que usted puede hacer en los lugares que elija.",
               .code = "Código",
               .calls_itself = "Se llama",
               .asks_from = "Pregunta desde",
               .you_are_at = "Usted está en",
               .asked_at = "Solicitado el",
               .go_on = "Continuar",
               .allow = "Autorizar",
               .deny = "Rechazar",
               .allowed = "El dispositivo está autorizado",
               .allowed_message = "Recoge su token por sí mismo. Puede cerrar esta página.",
               .denied = "El dispositivo no está autorizado",
               .denied_message = "Sabrá que usted lo ha rechazado. Puede cerrar esta página.",
               .unknown_code = "Ningún dispositivo espera con este código. Los códigos duran diez minutos; "
                               "pida otro al dispositivo.",
               .too_many_codes = "Ha escrito demasiados códigos. Inténtelo de nuevo en unos minutos.",
               .not_kept = "No se pudo guardar. Inténtelo de nuevo en un momento."},
    .break_glass =
        {.heading = "Acceso de emergencia",
         .introduction = "Para quienes administran este sitio, mientras no funcione el inicio de sesión "
                         "habitual. Cada uso queda registrado y se avisa de él.",
         .password = "Contraseña",
         .code = "Código de la aplicación de autenticación",
         .sign_in = "Iniciar sesión",
         .wrong =
             "La contraseña o el código no son correctos, o el código ya se usó. Espere al siguiente código.",
         .too_many = "Demasiados intentos. Espere un cuarto de hora.",
         .unavailable = "El acceso no se puede comprobar en este momento. Inténtelo de nuevo."},
    .statuses =
        {.bad_request = {"No se pudo leer la solicitud",
                         "Hay algo incorrecto en la dirección o en los datos que envió el navegador. "
                         "Compruebe la dirección o empiece de nuevo desde la página inicial de la "
                         "aplicación."},
         .sign_in_required = {"Inicie sesión", "Debe iniciar sesión para ver esta página."},
         .forbidden = {"No puede abrir esta página", "El acceso a esta dirección no está permitido."},
         .not_found = {"Aquí no hay nada",
                       "En esta dirección no hay ninguna aplicación ni página. Compruebe que esté bien "
                       "escrita."},
         .method_not_allowed = {"Esto no se puede hacer aquí",
                                "La dirección existe, pero no para este tipo de solicitud."},
         .request_timeout = {"La solicitud tardó demasiado",
                             "No llegó completa a tiempo. Compruebe su conexión e inténtelo de nuevo."},
         .body_too_large = {"Es demasiado grande para subirlo",
                            "Lo enviado supera lo que acepta esta aplicación."},
         .target_too_long = {"Esta dirección es demasiado larga",
                             "Acorte la dirección o empiece de nuevo desde la página inicial de la "
                             "aplicación."},
         .unsupported_media_type = {"Este tipo de contenido no se acepta",
                                    "La aplicación espera aquí otro formato."},
         .expectation_failed = {"No se pudo atender la solicitud",
                                "La solicitud exige algo que aquí no se ofrece."},
         .misdirected_request =
             {"Conexión equivocada para este sitio",
              "El navegador pidió este sitio por una conexión que pertenece a otro. Vuelva "
              "a cargar la página."},
         .upgrade_required = {"Se necesita otro protocolo", "Esta dirección solo responde a otro protocolo."},
         .too_many_requests =
             {"Demasiadas solicitudes",
              "Ha enviado más solicitudes de las que se permiten a la vez. Espere un momento "
              "y vuelva a intentarlo."},
         .fields_too_large = {"El navegador envió demasiado",
                              "Las cookies u otros campos de la solicitud son demasiado grandes. Elimine las "
                              "cookies de este sitio."},
         .internal_error = {"Algo ha fallado por nuestra parte",
                            "La solicitud no se completó. Vuelva a intentarlo dentro de un momento; si el "
                            "problema persiste, facilite la referencia que figura abajo."},
         .not_implemented = {"Esto no se admite", "La solicitud usa algo que aquí no se admite."},
         .bad_gateway = {"La aplicación no responde",
                         "No se puede acceder a la aplicación de esta dirección, o no responde "
                         "correctamente. Vuelva a intentarlo dentro de un momento; si el problema persiste, "
                         "facilite la referencia que figura abajo."},
         .unavailable = {"No disponible en este momento",
                         "La aplicación está ocupada o se está reiniciando. Vuelva a intentarlo dentro de un "
                         "momento."},
         .gateway_timeout = {"La aplicación tardó demasiado",
                             "La aplicación de esta dirección no respondió a tiempo. Vuelva a intentarlo "
                             "dentro de un momento; si el problema persiste, facilite la referencia que "
                             "figura abajo."},
         .version_not_supported = {"Esta versión de HTTP no se admite", "Use HTTP/1.1 o HTTP/2."}},
    .failures =
        {.bad_callback =
             {"No se pudo iniciar sesión",
              "Este navegador no tiene en curso ningún inicio de sesión al que corresponda esta "
              "respuesta. Puede que se rechacen las cookies, que el inicio de sesión haya tardado "
              "más de diez minutos o que se empezara en otro navegador u otra ventana. Abra de "
              "nuevo la página que quería."},
         .refused_by_provider = {"No se ha iniciado la sesión",
                                 "El servicio de acceso lo rechazó, o se canceló el inicio de sesión."},
         .not_verified = {"No se pudo iniciar sesión",
                          "No se pudo verificar la respuesta del servicio de acceso. Si vuelve a ocurrir, "
                          "avise a los responsables de este sitio e indíqueles la referencia que figura "
                          "abajo."},
         .provider_down =
             {"Ahora no es posible iniciar sesión",
              "No se puede contactar con el servicio de acceso. Vuelva a intentarlo dentro de un "
              "momento."},
         .session_not_kept = {"Ahora no es posible iniciar sesión",
                              "Se le ha reconocido, pero este sitio no puede guardar sesiones en este "
                              "momento. Vuelva a intentarlo dentro de un momento."},
         .session_too_large = {"No se pudo iniciar sesión",
                               "Su cuenta trae más grupos y atributos de los que caben en una sesión. Los "
                               "responsables de este sitio pueden pedir menos al servicio de acceso; "
                               "indíqueles la referencia que figura abajo."},
         .ticket_too_large = {"No se pudo iniciar sesión",
                              "Se inició su sesión, pero su cuenta trae más grupos y atributos de los que se "
                              "pueden pasar a esta parte del sitio. Sus responsables pueden pedir menos al "
                              "servicio de acceso; indíqueles la referencia que figura abajo."},
         .bad_return = {"No se pudo iniciar sesión",
                        "Este navegador no tiene en curso ningún inicio de sesión al que corresponda esta "
                        "dirección. Puede que se rechacen las cookies, o que la dirección ya se haya usado o "
                        "sea demasiado antigua. Abra de nuevo la página que quería."},
         .bad_target = {"Esta dirección no funciona",
                        "Pide volver a un lugar que no pertenece a este sitio."},
         .sign_out_not_kept =
             {"Sesión cerrada solo aquí",
              "Ha cerrado la sesión en este navegador, pero no se pudo comunicar a las demás "
              "partes de este sitio. En equipos compartidos, cierre el navegador y avise a "
              "los responsables de este sitio."},
         .loop_no_cookie = {"No se pudo iniciar sesión dos veces seguidas",
                            "Se inició su sesión, pero el navegador no devolvió la cookie de sesión. Permita "
                            "las cookies de este sitio; si ya están permitidas, sus responsables deberían "
                            "revisar la dirección y la configuración de las cookies."},
         .loop_clock = {"No se pudo iniciar sesión dos veces seguidas",
                        "Se inició su sesión, pero consta como terminada o aún no empezada. Seguramente un "
                        "reloj de este sitio no va bien; avise a sus responsables e indíqueles la referencia "
                        "que figura abajo."},
         .loop_unreadable =
             {"No se pudo iniciar sesión dos veces seguidas",
              "Se inició su sesión, pero la cookie de sesión no se puede leer allí donde "
              "llega. Seguramente las partes de este sitio usan claves de sesión distintas, u "
              "otro sitio de su dominio crea cookies con el mismo nombre. Elimine las cookies "
              "de este sitio; si no basta, avise a sus responsables e indíqueles la referencia "
              "que figura abajo."},
         .loop_other =
             {"No se pudo iniciar sesión dos veces seguidas",
              "Se inició su sesión, pero aquí no es válida. Seguramente la dirección de retorno, la "
              "audiencia o el proveedor de este sitio están mal configurados; avise a sus "
              "responsables e indíqueles la referencia que figura abajo."}},
};

}  // namespace

const Words& spanish() {
  return kSpanish;
}

}  // namespace gateway
