#include "gateway/answer/control_questions.h"

#include <utility>

namespace gateway {
namespace {

/// A flow of control that keeps what it needs by value: the question may outlive the worker's asker.
core::Flow<> refetch(ProviderDirectory* directory, std::string provider) {
  co_await directory->refetch_keys(provider);
  co_return core::done();
}

core::Flow<> revoke(RevocationList* list, Revocation revocation) {
  co_await list->revoke(std::move(revocation));
  co_return core::done();
}

core::Flow<> record(LogoutRegister* logouts, LogoutNotice notice) {
  co_await logouts->record(std::move(notice));
  co_return core::done();
}

core::Flow<CurrentSession> find_current(SessionRefresh* sessions, std::shared_ptr<const Identity> identity) {
  CurrentSession current = co_await sessions->current(std::move(identity));
  co_return current;
}

core::Flow<> keep(SessionRefresh* sessions, SignedIn signed_in) {
  co_await sessions->keep(std::move(signed_in));
  co_return core::done();
}

core::Flow<core::Secret> forget(SessionRefresh* sessions, std::string session_id) {
  core::Secret id_token = co_await sessions->forget(std::move(session_id));
  co_return id_token;
}

core::Flow<> create_token(TokenRegister* tokens, const Audit* audit, PersonalToken token,
                          AuditedRequest request) {
  co_await tokens->create(token);
  audit->note(AuditAct::token_created, request, *token.owner, token.name);
  co_return core::done();
}

core::Flow<> revoke_token(TokenRegister* tokens, std::string id, std::shared_ptr<const Identity> owner) {
  const Identity whose = *owner;
  co_await tokens->revoke(std::move(id), whose);
  co_return core::done();
}

core::Flow<> begin_device(DeviceRegister* devices, DeviceLogin login, core::IpAddress from) {
  co_await devices->begin(std::move(login), from);
  co_return core::done();
}

core::Flow<DeviceLogin> find_device(DeviceRegister* devices, std::string id, std::string person) {
  DeviceLogin login = co_await devices->find(std::move(id), std::move(person));
  co_return std::move(login);
}

core::Flow<> decide_device(DeviceRegister* devices, DeviceLogin login) {
  co_await devices->decide(std::move(login));
  co_return core::done();
}

core::Flow<DeviceAnswer> poll_device(DeviceRegister* devices, const Audit* audit,
                                     DevicePollQuestion question) {
  DeviceAnswer answer = co_await devices->poll(std::move(question.id), question.secret);
  if (answer.poll == DevicePoll::allowed) {
    const PersonalToken& token = answer.made.token;
    audit->note(AuditAct::token_created, question.request, *token.owner, "device: " + token.name);
  }
  co_return std::move(answer);
}

core::Flow<Identity> check_break_glass(BreakGlassCheck* check, std::shared_ptr<const BreakGlassTry> attempt) {
  Identity identity = co_await check->check(std::move(attempt));
  co_return std::move(identity);
}

core::Flow<> note_session(SessionRegister* sessions, KnownSession session) {
  co_await sessions->note(std::move(session));
  co_return core::done();
}

core::Flow<> tidy_sessions(SessionRegister* sessions, std::shared_ptr<const Identity> who) {
  const Identity whose = *who;
  co_await sessions->tidy(whose);
  co_return core::done();
}

core::Flow<std::vector<KnownSession>> list_sessions(SessionRegister* sessions,
                                                    std::shared_ptr<const Identity> who) {
  const Identity whose = *who;
  std::vector<KnownSession> known = co_await sessions->of(whose);
  co_return known;
}

core::Flow<> end_session(SessionRegister* sessions, std::shared_ptr<const Identity> who, std::string id) {
  const Identity whose = *who;
  co_await sessions->end(whose, std::move(id));
  co_return core::done();
}

core::Flow<> keep_nothing() {
  co_return core::done();
}

}  // namespace

RefetchKeys asking_for_keys(const LoginShared& shared, core::AskDesk& mine, const std::string& provider) {
  return [&desk = shared.desk, &mine, directory = &shared.directory, provider] {
    return core::ask<core::Done>(mine, desk, [directory, provider] { return refetch(directory, provider); });
  };
}

Revoke asking_to_revoke(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, list = &shared.revocations](Revocation revocation) {
    return core::ask<core::Done>(mine, desk, [list, revocation] { return revoke(list, revocation); });
  };
}

RecordLogout asking_to_record(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, logouts = &shared.logouts](LogoutNotice notice) {
    return core::ask<core::Done>(mine, desk, [logouts, notice] { return record(logouts, notice); });
  };
}

FindCurrent asking_for_sessions(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine,
          sessions = shared.stored_sessions](std::shared_ptr<const Identity> identity) {
    return core::ask<CurrentSession>(mine, desk,
                                     [sessions, identity] { return find_current(sessions, identity); });
  };
}

CreateToken asking_to_create(const LoginShared& shared, core::AskDesk& mine, const Audit& audit) {
  return [&desk = shared.desk, &mine, tokens = shared.tokens, &audit](PersonalToken token,
                                                                      AuditedRequest request) {
    return core::ask<core::Done>(mine, desk, [tokens, &audit, token, request] {
      return create_token(tokens, &audit, token, request);
    });
  };
}

RevokeToken asking_to_revoke_token(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, tokens = shared.tokens](std::string id,
                                                              std::shared_ptr<const Identity> owner) {
    return core::ask<core::Done>(mine, desk, [tokens, id, owner] { return revoke_token(tokens, id, owner); });
  };
}

DeviceQuestions asking_about_devices(const LoginShared& shared, core::AskDesk& mine, const Audit& audit) {
  core::AskDesk* const desk = &shared.desk;
  core::AskDesk* const own = &mine;
  DeviceRegister* const devices = shared.devices;
  DeviceQuestions ask;
  ask.begin = [=](DeviceLogin login, core::IpAddress from) {
    return core::ask<core::Done>(*own, *desk, [=] { return begin_device(devices, login, from); });
  };
  ask.find = [=](std::string id, std::string person) {
    return core::ask<DeviceLogin>(*own, *desk, [=] { return find_device(devices, id, person); });
  };
  ask.decide = [=](DeviceLogin login) {
    return core::ask<core::Done>(*own, *desk, [=] { return decide_device(devices, login); });
  };
  ask.poll = [=, lines = &audit](DevicePollQuestion question) {
    return core::ask<DeviceAnswer>(*own, *desk, [=] { return poll_device(devices, lines, question); });
  };
  return ask;
}

KeepSession asking_to_keep(const LoginShared& shared, core::AskDesk& mine) {
  if (shared.stored_sessions == nullptr) return [](SignedIn) { return keep_nothing(); };
  return [&desk = shared.desk, &mine, sessions = shared.stored_sessions](SignedIn signed_in) {
    return core::ask<core::Done>(mine, desk, [sessions, signed_in] { return keep(sessions, signed_in); });
  };
}

ForgetSession asking_to_forget(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, sessions = shared.stored_sessions](std::string session_id) {
    return core::ask<core::Secret>(mine, desk,
                                   [sessions, session_id] { return forget(sessions, session_id); });
  };
}

CheckBreakGlass asking_to_check(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine,
          check = shared.break_glass](std::shared_ptr<const BreakGlassTry> attempt) {
    return core::ask<Identity>(mine, desk, [check, attempt] { return check_break_glass(check, attempt); });
  };
}

NoteSession asking_to_note(const LoginShared& shared, core::AskDesk& mine) {
  return [&desk = shared.desk, &mine, sessions = &shared.known_sessions](KnownSession session) {
    return core::ask<core::Done>(mine, desk, [sessions, session] { return note_session(sessions, session); });
  };
}

TidySessions asking_to_tidy(const LoginShared& shared, core::AskDesk& mine) {
  return
      [&desk = shared.desk, &mine, sessions = &shared.known_sessions](std::shared_ptr<const Identity> who) {
        return core::ask<core::Done>(mine, desk, [sessions, who] { return tidy_sessions(sessions, who); });
      };
}

SessionQuestions asking_about_sessions(const LoginShared& shared, core::AskDesk& mine) {
  core::AskDesk* const desk = &shared.desk;
  core::AskDesk* const own = &mine;
  SessionRegister* const sessions = &shared.known_sessions;
  SessionQuestions ask;
  ask.list = [=](std::shared_ptr<const Identity> who) {
    return core::ask<std::vector<KnownSession>>(*own, *desk, [=] { return list_sessions(sessions, who); });
  };
  ask.end = [=](std::shared_ptr<const Identity> who, std::string id) {
    return core::ask<core::Done>(*own, *desk, [=] { return end_session(sessions, who, id); });
  };
  return ask;
}

}  // namespace gateway
