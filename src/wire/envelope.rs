//! The shape of every success.

use serde::Serialize;
use utoipa::ToSchema;

/// Every success that is not a list: `{"success": true, "data": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true.
    pub success: bool,
    /// The answer.
    pub data: T,
}

/// A page of a list whose pages are numbered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Always true.
    pub success: bool,
    /// The entries of the page.
    pub data: Vec<T>,
    /// Where the page stands in its list.
    pub meta: PageMeta,
}

/// Where a page stands in its list.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PageMeta {
    /// Which page, from 1.
    pub page: u32,
    /// Entries of a page.
    pub limit: u32,
    /// Entries in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// A page of a list that is read on from where the page before ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct CursorPage<T> {
    /// Always true.
    pub success: bool,
    /// The entries of the page.
    pub data: Vec<T>,
    /// Where to read on.
    pub meta: CursorMeta,
}

/// Where to read on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CursorMeta {
    /// Entries of a page.
    pub limit: u32,
    /// The `cursor` of the next page; nothing on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Envelope<T> {
    /// An answer that is not a list.
    pub const fn of(answer: T) -> Self {
        Self {
            success: true,
            data: answer,
        }
    }
}

impl<T> Page<T> {
    /// These entries of a list.
    pub const fn of(entries: Vec<T>, meta: PageMeta) -> Self {
        Self {
            success: true,
            data: entries,
            meta,
        }
    }
}

impl<T> CursorPage<T> {
    /// These entries of a list.
    pub const fn of(entries: Vec<T>, limit: u32, next_cursor: Option<String>) -> Self {
        Self {
            success: true,
            data: entries,
            meta: CursorMeta { limit, next_cursor },
        }
    }
}
