//! Who asks: accounts and the desk where people look after them, roles, the tokens that prove them,
//! and the tokens that are good no longer.

mod asker;
mod desk;
mod guard;
mod import;
mod key_ring;
mod letters;
mod passwords;
mod revoked;
mod role;
mod rules;
mod seals;
mod tokens;

pub use asker::Asker;
pub use desk::{
    Allowance, Answered, ApiKeyWish, CODES_PER_ADDRESS, CODES_PER_DAY, CodeDesk, CodeLimit,
    CodeRefusal, Credentials, Desk, DeskParts, Device, Entered, FLOW_SECONDS, Flow, FlowSecrets,
    Lifetimes, Postage, Profile, Refusal, Registration, ShownApiKey, Turns, Welcome,
};
pub use guard::{Attempt, Counted, Guard};
pub use import::{ImportLine, WrongLine, read_import};
pub use key_ring::{KEY_PREFIX, KeyRing};
pub use letters::Letters;
pub use passwords::{Busy, Compared, Cost, MEMORY_KIB_MIN, PASSES_MIN, Passwords};
pub use revoked::Revoked;
pub use role::{Caller, Role};
pub use rules::{
    CODE_DIGITS, EMAIL_BYTES_MAX, EMAIL_PATTERN, NAME_BYTES_MAX, PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN, PHONE_PATTERN, RETURN_BYTES_MAX, RETURN_PATTERN, TOKEN_CHARS_MAX, code,
    email, email_key, name, new_password, old_password, phone, return_to, token,
};
pub use seals::{Purpose, RefreshToken, Seals};
pub use tokens::{Access, Bearer, DEMO_SECRET, Proof, SECRET_BYTES_MIN, TokenRefusal, Tokens};
