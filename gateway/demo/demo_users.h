// The people of the demo. Their e-mails end in a reserved domain (RFC 2606).
#pragma once

#include <span>
#include <string_view>

namespace gateway {

struct DemoUser {
  std::string_view subject;
  std::string_view username;
  std::string_view name;
  std::string_view email;
  bool email_verified = true;
  std::string_view groups;  ///< separated by commas
  std::string_view what;    ///< one line for the page
};

/// Alice may enter everything, Bob not the admin route, Carol's e-mail is not verified.
std::span<const DemoUser> demo_users();
/// Null if there is nobody of that name.
const DemoUser* demo_user(std::string_view username);

}  // namespace gateway
