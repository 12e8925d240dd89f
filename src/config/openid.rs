//! Signing in by a provider of identities.

use clap::Args;
use url::Url;

use super::error::ConfigError;
use super::secret::Secret;
use crate::openid::{Overrides, Provider, ProviderSettings, address};

const ISSUER: &str = "FULLHOUSE_OPENID_ISSUER";
const CLIENT_ID: &str = "FULLHOUSE_OPENID_CLIENT_ID";
const CLIENT_SECRET: &str = "FULLHOUSE_OPENID_CLIENT_SECRET";
const SCOPES: &str = "FULLHOUSE_OPENID_SCOPES";
const AUTHORIZATION_URL: &str = "FULLHOUSE_OPENID_AUTHORIZATION_URL";
const TOKEN_URL: &str = "FULLHOUSE_OPENID_TOKEN_URL";
const JWKS_URL: &str = "FULLHOUSE_OPENID_JWKS_URL";
const PUBLIC_URL: &str = "FULLHOUSE_PUBLIC_URL";

/// Where a provider sends people back to, below the public address.
const CALLBACK: &str = "/api/v1/auth/google/callback";

/// Settings of the provider.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_field_names,
    reason = "they are named as their settings are"
)]
pub struct OpenIdConfig {
    /// The provider by its name: the address below which its discovery document is, as its tokens have it.
    #[arg(
        long,
        env = "FULLHOUSE_OPENID_ISSUER",
        default_value = "https://accounts.google.com"
    )]
    pub openid_issuer: String,
    /// What the provider calls this server. Without it nobody signs in by a provider.
    #[arg(long, env = "FULLHOUSE_OPENID_CLIENT_ID")]
    pub openid_client_id: Option<String>,
    /// By which the provider knows this server, from `FULLHOUSE_OPENID_CLIENT_SECRET` or the file of
    /// `FULLHOUSE_OPENID_CLIENT_SECRET_FILE`.
    #[arg(skip = Secret::of_environment(CLIENT_SECRET))]
    pub openid_client_secret: Secret,
    /// What the provider is asked to tell, separated by spaces: with `openid` among it, and `email` by which
    /// people are found.
    #[arg(
        long,
        env = "FULLHOUSE_OPENID_SCOPES",
        default_value = "openid email profile"
    )]
    pub openid_scopes: String,
    /// Where people agree, when it is not where the provider's discovery document says.
    #[arg(long, env = "FULLHOUSE_OPENID_AUTHORIZATION_URL")]
    pub openid_authorization_url: Option<String>,
    /// Where codes are exchanged, likewise.
    #[arg(long, env = "FULLHOUSE_OPENID_TOKEN_URL")]
    pub openid_token_url: Option<String>,
    /// Where the provider's keys are, likewise. When all three are set, the discovery document is not asked for.
    #[arg(long, env = "FULLHOUSE_OPENID_JWKS_URL")]
    pub openid_jwks_url: Option<String>,
}

impl OpenIdConfig {
    /// Asks the provider; none when it is not set up.
    ///
    /// # Errors
    ///
    /// When a setting is not what it must be, or this system trusts no authority.
    pub fn provider(&self, public_url: &str) -> Result<Option<Provider>, ConfigError> {
        let Some(settings) = self.settings(public_url)? else {
            return Ok(None);
        };
        let provider = Provider::new(settings);
        provider.map(Some).map_err(|why| wrong(ISSUER, why))
    }

    /// Relates the settings of the provider.
    ///
    /// # Errors
    ///
    /// When a secret would go over the network for everybody to read, a browser would not bring its
    /// cookie back, or one setting is missing beside another.
    pub fn validate(&self, public_url: &str) -> Result<(), ConfigError> {
        self.settings(public_url).map(drop)
    }

    fn settings(&self, public_url: &str) -> Result<Option<ProviderSettings>, ConfigError> {
        let secret = self.openid_client_secret.get()?;
        let client = self.openid_client_id.as_deref().map(str::trim);
        let (client_id, client_secret) = match (client.filter(|it| !it.is_empty()), secret) {
            (Some(client), Some(secret)) => (client, secret),
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(wrong(
                    CLIENT_ID,
                    format!("is not set, and {CLIENT_SECRET} is"),
                ));
            }
            (Some(_), None) => {
                return Err(wrong(
                    CLIENT_SECRET,
                    format!("is not set, and {CLIENT_ID} is"),
                ));
            }
        };
        checked(ISSUER, &self.openid_issuer)?;
        checked(PUBLIC_URL, public_url)?;
        if !self.openid_scopes.split(' ').any(|scope| scope == "openid") {
            return Err(wrong(SCOPES, "must have openid among the scopes"));
        }
        Ok(Some(ProviderSettings {
            issuer: self.openid_issuer.clone(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.clone(),
            scopes: self.openid_scopes.clone(),
            redirect_url: format!("{public_url}{CALLBACK}"),
            overrides: Overrides {
                authorization: given(AUTHORIZATION_URL, self.openid_authorization_url.as_ref())?,
                token: given(TOKEN_URL, self.openid_token_url.as_ref())?,
                keys: given(JWKS_URL, self.openid_jwks_url.as_ref())?,
            },
        }))
    }
}

fn wrong(setting: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError {
        setting,
        reason: reason.into(),
    }
}

fn checked(setting: &'static str, text: &str) -> Result<Url, ConfigError> {
    address(text).map_err(|why| wrong(setting, format!("{text:?} {why}")))
}

/// An empty variable is as good as none.
fn given(setting: &'static str, text: Option<&String>) -> Result<Option<Url>, ConfigError> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| checked(setting, text)).transpose()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const HERE: &str = "http://127.0.0.1:8080";

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        config: OpenIdConfig,
    }

    fn config(flags: &[&str]) -> OpenIdConfig {
        let line = ["serve"].iter().chain(flags);
        let mut config = Line::try_parse_from(line).unwrap().config;
        config.openid_client_secret = Secret::given(CLIENT_SECRET, "a secret of the provider's");
        config
    }

    fn refused(flags: &[&str], public_url: &str) -> &'static str {
        config(flags).validate(public_url).unwrap_err().setting
    }

    #[test]
    fn nothing_is_set_up_where_nothing_is_said() {
        let config = Line::try_parse_from(["serve"]).unwrap().config;
        assert!(config.provider(HERE).unwrap().is_none());
    }

    #[test]
    fn a_client_and_its_secret_come_together() {
        let mut config = config(&["--openid-client-id", "us"]);
        assert!(config.settings(HERE).unwrap().is_some());
        config.openid_client_secret = Secret::of_environment(CLIENT_SECRET);
        assert_eq!(config.validate(HERE).unwrap_err().setting, CLIENT_SECRET);
        assert_eq!(refused(&[], HERE), CLIENT_ID);
        assert_eq!(refused(&["--openid-client-id", " "], HERE), CLIENT_ID);
    }

    #[test]
    fn secrets_go_to_safe_addresses_alone() {
        let with =
            |flag: &'static str, value: &'static str| ["--openid-client-id", "us", flag, value];
        for (flag, setting) in [
            ("--openid-issuer", ISSUER),
            ("--openid-authorization-url", AUTHORIZATION_URL),
            ("--openid-token-url", TOKEN_URL),
            ("--openid-jwks-url", JWKS_URL),
        ] {
            for open in ["http://id.example.com", "id.example.com"] {
                assert_eq!(refused(&with(flag, open), HERE), setting, "{open}");
            }
            for safe in ["https://id.example.com/x", "http://127.0.0.1:9998"] {
                assert_eq!(config(&with(flag, safe)).validate(HERE), Ok(()), "{safe}");
            }
        }
        // Browsers keep the cookie of a flow over TLS and on their own machine alone.
        let client = ["--openid-client-id", "us"];
        assert_eq!(refused(&client, "http://tickets.example"), PUBLIC_URL);
        assert_eq!(config(&client).validate("https://tickets.example"), Ok(()));
    }

    #[test]
    fn identities_are_asked_for() {
        let flags = ["--openid-client-id", "us", "--openid-scopes", "email"];
        assert_eq!(refused(&flags, HERE), SCOPES);
    }

    #[test]
    fn an_empty_address_is_as_good_as_none() {
        let config = config(&["--openid-client-id", "us", "--openid-token-url", ""]);
        let settings = config.settings(HERE).unwrap().unwrap();
        assert_eq!(settings.overrides.token, None);
        let callback = "http://127.0.0.1:8080/api/v1/auth/google/callback";
        assert_eq!(settings.redirect_url, callback);
    }
}
