//! The meaning of problems, at the addresses that their `type` gives.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::{Code, Problem};
use crate::http::answer::{json_bytes, json_response};
use crate::http::state::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/problems", get(problems))
        .route("/problems/{slug}", get(explain))
}

#[derive(Serialize)]
struct KindBody {
    r#type: String,
    code: &'static str,
    title: &'static str,
    status: u16,
    about: &'static str,
}

impl KindBody {
    fn of(code: Code) -> Self {
        Self {
            r#type: format!("/problems/{}", code.slug()),
            code: code.as_str(),
            title: code.title(),
            status: code.status().as_u16(),
            about: code.about(),
        }
    }
}

async fn problems(State(_): State<App>) -> Response {
    let kinds: Vec<KindBody> = Code::ALL.iter().map(|&code| KindBody::of(code)).collect();
    cacheable(json_response(json_bytes(&kinds)))
}

async fn explain(Path(slug): Path<String>) -> Result<Response, Problem> {
    let code = Code::of_slug(&slug).ok_or_else(|| Problem::not_found("kind of problem", &slug))?;
    Ok(cacheable(json_response(json_bytes(&KindBody::of(code)))))
}

fn cacheable(response: Response) -> Response {
    let mut response = response.into_response();
    let day = HeaderValue::from_static("public, max-age=86400");
    response.headers_mut().insert(header::CACHE_CONTROL, day);
    response
}
