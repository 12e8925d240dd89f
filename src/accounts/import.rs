//! Accounts as another system writes them: a line each, and what is wrong with which.

use std::collections::HashMap;
use std::fmt;

use super::passwords::is_importable;
use super::rules;
use crate::wire::composed::composed;

/// An account of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    pub email: String,
    /// The address in the form in which two of one person are equal.
    pub email_key: String,
    pub name: String,
    pub phone: Option<String>,
    pub password_hash: Option<String>,
    pub email_verified: bool,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongLine {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Everything, each with its column.
    pub reasons: Vec<String>,
}

impl fmt::Display for WrongLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reasons.join("; "))
    }
}

const COLUMNS: [&str; 5] = ["email", "name", "phone", "password_hash", "email_verified"];

/// Reads all lines of a file; each is an account or what is wrong with it.
pub fn read_import(text: &[u8]) -> Vec<Result<ImportLine, WrongLine>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text);
    let wrong = |line, reason: String| WrongLine {
        line,
        reasons: vec![reason],
    };
    let columns = match reader.headers().map(Columns::of) {
        Ok(Ok(columns)) => columns,
        Ok(Err(reason)) => return vec![Err(wrong(1, reason))],
        Err(error) => return vec![Err(wrong(1, error.to_string()))],
    };
    let mut seen = HashMap::new();
    let lines = reader.into_records().map(|record| {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        let mut line = columns.line(&record).map_err(|reasons| WrongLine {
            line: number,
            reasons,
        })?;
        line.name = composed(&line.name).into_owned();
        match seen.insert(line.email_key.clone(), number) {
            None => Ok(line),
            Some(first) => {
                let reason = format!("email: is a duplicate, first at line {first}");
                Err(wrong(number, reason))
            }
        }
    });
    lines.collect()
}

/// Where each column stands.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, String> {
        let unknown = header.iter().find(|name| !COLUMNS.contains(name));
        if let Some(unknown) = unknown {
            let known = COLUMNS.join(", ");
            return Err(format!(
                "there is no column {unknown:?}; the columns are {known}"
            ));
        }
        for (at, name) in header.iter().enumerate() {
            if header.iter().take(at).any(|before| before == name) {
                return Err(format!("the column {name} is a duplicate"));
            }
        }
        let columns = Self(COLUMNS.map(|name| header.iter().position(|it| it == name)));
        for (name, at) in COLUMNS.iter().zip(columns.0).take(2) {
            at.ok_or_else(|| format!("the column {name} is missing"))?;
        }
        Ok(columns)
    }

    fn line(&self, record: &csv::StringRecord) -> Result<ImportLine, Vec<String>> {
        let value = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        let [email, name, phone, password_hash, verified] = self.0.map(value);
        let mut reasons = Vec::new();
        let mut check = |column: &str, checked: Result<(), String>| {
            if let Err(reason) = checked {
                reasons.push(format!("{column}: {reason}"));
            }
        };
        check("email", rules::email(email));
        check("name", rules::name(name));
        if !phone.is_empty() {
            check("phone", rules::phone(phone));
        }
        if !password_hash.is_empty() {
            check("password_hash", is_importable(password_hash));
        }
        let email_verified = match verified {
            "true" => true,
            "" | "false" => false,
            _ => {
                check("email_verified", Err("must be true or false".to_owned()));
                false
            }
        };
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(ImportLine {
            email: email.to_owned(),
            email_key: rules::email_key(email),
            name: name.to_owned(),
            phone: some(phone),
            password_hash: some(password_hash),
            email_verified,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let lines = read_import(text.as_bytes()).into_iter();
        let say = |line: Result<ImportLine, WrongLine>| match line {
            Ok(line) => line.email_key,
            Err(wrong) => wrong.to_string(),
        };
        lines.map(say).collect()
    }

    #[test]
    fn each_line_is_an_account_or_says_all_that_is_wrong_with_it() {
        let text = "\
name,email,password_hash,email_verified
Ann Lee,Ann@Example.com,$2y$05$F8NtCOlD9em6VUFy1e2AqeYFrXl/7Khw3BESnGcbqY2GZk1ZJnhwy,true
,bob,plain,perhaps
\"Lee,
Cleo\",cleo@example.com,,
Ann,ann@example.com,,
";
        let said = said(text);
        assert_eq!(said[0], "ann@example.com");
        assert!(
            said[1].starts_with("line 3: email: must be an address"),
            "{}",
            said[1]
        );
        for column in [
            "name: must not be empty",
            "password_hash: must be",
            "email_verified: must",
        ] {
            assert!(said[1].contains(column), "{}", said[1]);
        }
        // A control character has no place in a name.
        assert!(
            said[2].starts_with("line 4: name: must not contain"),
            "{}",
            said[2]
        );
        assert_eq!(said[3], "line 6: email: is a duplicate, first at line 2");
    }

    #[test]
    fn a_file_without_its_columns_is_refused_as_a_whole() {
        assert_eq!(said("name\nAnn\n"), ["line 1: the column email is missing"]);
        let twice = said("email,name,email\na@b.co,Ann,b@b.co\n");
        assert_eq!(twice, ["line 1: the column email is a duplicate"]);
        assert!(said("email,name,role\na@b.co,Ann,EDITOR\n")[0].contains("no column \"role\""));
        assert!(
            said("email,name\na@b.co\n")[0].contains("line 2"),
            "{:?}",
            said("email,name\na@b.co\n")
        );
    }
}
