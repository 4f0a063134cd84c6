#include "gateway/demo/demo_users.h"

#include <array>

namespace gateway {
namespace {

constexpr std::array<DemoUser, 3> kUsers = {{
    {"1001", "alice", "Alice Adams", "alice@example.com", true, "staff,admins",
     "staff and admins: may enter everything"},
    {"1002", "bob", "Bob Brown", "bob@example.com", true, "staff", "staff: the admin app will say no"},
    {"1003", "carol", "Carol Clark", "carol@example.com", false, "",
     "no group, and her e-mail is not verified"},
}};

}  // namespace

std::span<const DemoUser> demo_users() {
  return kUsers;
}

const DemoUser* demo_user(std::string_view username) {
  for (const DemoUser& user : kUsers) {
    if (user.username == username) return &user;
  }
  return nullptr;
}

}  // namespace gateway
