//! Who asks, and on which side of the counter they stand.

use std::str::FromStr;

use seating::command;
use seating::ids::BuyerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a token's bearer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[clap(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Holds and buys.
    User,
    /// The box office: also creates showtimes, blocks, confirms and audits.
    Editor,
    /// Also manages accounts and endpoints.
    SuperAdmin,
}

impl Role {
    /// Whether this is staff rather than a buyer.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Editor | Self::SuperAdmin)
    }

    /// As tokens say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Editor => "EDITOR",
            Self::SuperAdmin => "SUPER_ADMIN",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "USER" => Ok(Self::User),
            "EDITOR" => Ok(Self::Editor),
            "SUPER_ADMIN" => Ok(Self::SuperAdmin),
            other => Err(format!("{other:?} is not USER, EDITOR or SUPER_ADMIN")),
        }
    }
}

/// Somebody whose token was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub subject: Uuid,
    pub role: Role,
}

impl Caller {
    /// Whether something of a buyer is theirs to see: the buyer's own, and everything for staff.
    pub fn may_see_what_is_of(self, buyer: Uuid) -> bool {
        self.role.is_staff() || self.subject == buyer
    }

    /// The caller as the rules see them.
    pub const fn party(self) -> command::Party {
        let role = if self.role.is_staff() {
            command::Role::Staff
        } else {
            command::Role::Buyer
        };
        command::Party {
            buyer: BuyerId::new(self.subject),
            role,
        }
    }
}
