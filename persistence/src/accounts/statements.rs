//! The statements that must touch few rows however many accounts there are, for whoever reads their
//! plans.

pub use super::BY_EMAIL;
pub use super::changes::USE_LINK;
pub use super::identities::{
    FIND as FIND_IDENTITY, FORGET_MANY as FORGET_IDENTITIES, OF_ACCOUNT as LIST_IDENTITIES,
};
pub use super::keys::{FIND as FIND_KEY, FORGET_MANY as FORGET_KEYS};
pub use super::links::FIND as FIND_LINK;
pub use super::phone::{
    ATTEMPT as ATTEMPT_CODE, BY_PHONE, CLAIM as CLAIM_CODE, FORGET_OLD as FORGET_CODES,
    USE as USE_CODE,
};
pub use super::sessions::{FIND as FIND_SESSION, LIST as LIST_SESSIONS, ROTATE};
