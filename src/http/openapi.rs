//! The description of the API (OpenAPI 3.1) and the page that shows it.
//!
//! Types and handlers describe their shapes. What is the same for many of them, and what the rules
//! bound, is added in one place each: bounds, answers and links.

mod answers;
mod bounds;
mod links;
mod unknown;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::answer::json_response;
use crate::http::budget::Shared;
use crate::http::state::App;
use crate::http::{BASE, quick_routes, slow_routes};
pub use unknown::Unknown;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fullhouse",
        description = "Sells the seats of a showtime, each exactly once. \
            Every failure is a problem document; its `type` is explained on this server.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "auth", description = "Registering, signing in, passwords and addresses"),
        (name = "users", description = "Accounts"),
        (name = "showtimes", description = "What is on"),
        (name = "seats", description = "What is left"),
        (name = "holds", description = "Setting places aside"),
        (name = "staff", description = "For staff only"),
    ),
    modifiers(&TokenScheme),
)]
struct Description;

struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The description as types and handlers give it.
pub fn document() -> utoipa::openapi::OpenApi {
    let api = OpenApiRouter::<App>::with_openapi(Description::openapi());
    let routes = quick_routes().merge(slow_routes());
    api.nest(BASE, routes).into_openapi()
}

/// Why there is no description.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Something is to be added where nothing is.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

/// The description as it is committed: with bounds, answers and links.
///
/// # Errors
///
/// When a bound or link is meant for something that is not described: a mistake in the code.
pub fn document_text() -> Result<String, DescriptionError> {
    let mut document = serde_json::to_value(document())?;
    bounds::add(&mut document)?;
    answers::add(&mut document);
    links::add(&mut document, BASE)?;
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

/// The description and its page, whose assets are in the program.
pub fn routes() -> Router<App> {
    let text = Bytes::from(document_text().unwrap_or_default());
    let document = move || async move { cached(json_response(text)) };
    let page: Router<App> = SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/api/v1/openapi.json"))
        .into();
    let page = page.layer(axum::middleware::map_response(relaxed));
    Router::new()
        .route("/api/v1/openapi.json", get(document))
        .merge(page)
}

fn cached(mut response: Response) -> Response {
    response.extensions_mut().insert(Shared);
    let minutes = HeaderValue::from_static("public, max-age=300");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, minutes);
    response
}

/// The page runs its own scripts, which the edge would forbid.
async fn relaxed(mut response: Response) -> Response {
    // Its bytes are the program's own, for all who ask.
    response.extensions_mut().insert(Shared);
    let own = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
               frame-ancestors 'none'";
    let own = HeaderValue::from_static(own);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, own);
    response
}
