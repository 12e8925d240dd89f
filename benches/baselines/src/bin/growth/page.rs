//! The page: everything but what stands between the marks is somebody's words.

use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- growth:begin -->";
const END: &str = "<!-- growth:end -->";

/// The page cannot be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} has not one {BEGIN} with one {END} after it", path.display())]
    Marks { path: PathBuf },
}

/// Puts the section between the marks of the page.
pub(crate) fn replace(path: &Path, section: &str) -> Result<(), PageError> {
    let failed = |source| {
        let path = path.to_owned();
        PageError::File { path, source }
    };
    let page = std::fs::read_to_string(path).map_err(failed)?;
    let page = with_section(&page, section).ok_or_else(|| PageError::Marks {
        path: path.to_owned(),
    })?;
    std::fs::write(path, page).map_err(failed)
}

fn with_section(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_old, after) = rest.split_once(END)?;
    let section = section.trim();
    let whole = !after.contains(BEGIN) && !after.contains(END);
    whole.then(|| format!("{before}{BEGIN}\n\n{section}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let changed = with_section(&page, "new\n").unwrap();
        assert_eq!(changed, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(with_section(&changed, "new").unwrap(), changed);
    }

    #[test]
    fn a_page_without_its_marks_is_left_alone() {
        assert_eq!(with_section("words", "new"), None);
        assert_eq!(with_section(&format!("{END}{BEGIN}"), "new"), None);
        assert_eq!(with_section(&format!("{BEGIN}{END}{END}"), "new"), None);
    }
}
