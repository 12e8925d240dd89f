//! What every page has.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::answer::PageForPeople;

/// Nothing is loaded from anywhere, and forms go to this server alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--paper:#fbfaf8;--line:#c9c6bf;--seal:#7a1f2b}\
@media(prefers-color-scheme:dark){:root{--ink:#eceae6;--paper:#17171a;--line:#4a4850;--seal:#e08b96}}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);\
font:1.0625rem/1.6 system-ui,sans-serif}\
main{box-sizing:border-box;width:min(28rem,100%);padding:2rem 1.5rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}\
label{display:block;font-weight:600;margin-top:1rem}\
input{box-sizing:border-box;width:100%;font:inherit;padding:.6rem .7rem;border:1px solid var(--line);\
border-radius:.4rem;background:transparent;color:inherit}\
button{margin-top:1.25rem;font:inherit;font-weight:600;padding:.6rem 1.2rem;border:0;border-radius:.4rem;\
background:var(--seal);color:var(--paper);cursor:pointer}\
:focus-visible{outline:3px solid var(--seal);outline-offset:2px}\
.wrong{border-left:4px solid var(--seal);padding-left:.75rem}";

/// A page with this heading, whose body is markup of ours: whatever came from elsewhere in it was escaped.
pub(super) fn page(status: StatusCode, heading: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{heading} · Fullhouse</title>\
         <style>{STYLE}</style></head>\n<body><main><h1>{heading}</h1>\n{body}\n</main></body></html>\n"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.extensions_mut().insert(PageForPeople);
    response
}

/// Text as markup that shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            other => markup.push(other),
        }
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_came_from_elsewhere_is_shown_and_does_nothing() {
        let text = "\"><script>alert('x')</script>&";
        assert_eq!(
            escaped(text),
            "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"
        );
    }
}
