//! What is not made anew for each reader: tags that say it has not changed, and lists read for many.

pub mod catalog;
pub mod compression;
pub mod etag;
