// What a worker asks of control, as functions for those who ask: keys, revocations, sessions in a store,
// personal tokens, devices. Each question keeps what it needs by value, for it may outlive its asker.
#pragma once

#include "gateway/answer/login_system.h"

namespace gateway {

/// `mine` is the worker's desk; both outlive the functions.
RefetchKeys asking_for_keys(const LoginShared& shared, core::AskDesk& mine, const std::string& provider);
Revoke asking_to_revoke(const LoginShared& shared, core::AskDesk& mine);
RecordLogout asking_to_record(const LoginShared& shared, core::AskDesk& mine);
FindCurrent asking_for_sessions(const LoginShared& shared, core::AskDesk& mine);
/// `audit` outlives control, and any thread may write to it.
CreateToken asking_to_create(const LoginShared& shared, core::AskDesk& mine, const Audit& audit);
RevokeToken asking_to_revoke_token(const LoginShared& shared, core::AskDesk& mine);
DeviceQuestions asking_about_devices(const LoginShared& shared, core::AskDesk& mine, const Audit& audit);
KeepSession asking_to_keep(const LoginShared& shared, core::AskDesk& mine);
ForgetSession asking_to_forget(const LoginShared& shared, core::AskDesk& mine);
CheckBreakGlass asking_to_check(const LoginShared& shared, core::AskDesk& mine);
NoteSession asking_to_note(const LoginShared& shared, core::AskDesk& mine);
TidySessions asking_to_tidy(const LoginShared& shared, core::AskDesk& mine);
SessionQuestions asking_about_sessions(const LoginShared& shared, core::AskDesk& mine);

}  // namespace gateway
