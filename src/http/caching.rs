//! What is not made again for each reader: tags that say it has not changed, and lists read for many.

pub mod catalog;
pub mod compression;
pub mod etag;
