//! Who asks for a write.

use std::sync::Arc;

use persistence::audit_log::{By, Source};
use uuid::Uuid;

use crate::idempotency::IdempotencyKey;

/// Who asks for a write over HTTP, in which request, and under which key, if they want to be able to send it
/// again.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Whose token or key came with the request.
    pub subject: Option<Uuid>,
    /// By which it is found in logs.
    pub request_id: Arc<str>,
    pub key: Option<IdempotencyKey>,
}

impl Asker {
    /// As the audit log names them.
    pub fn by(&self) -> By<'_> {
        By {
            actor: self.subject,
            source: Source::Api,
            request_id: Some(&self.request_id),
        }
    }

    /// Whose idempotency keys are meant.
    pub(super) fn subject_bytes(&self) -> &[u8] {
        self.subject.as_ref().map_or(&[], |it| it.as_bytes())
    }
}
