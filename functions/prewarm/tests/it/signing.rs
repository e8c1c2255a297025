//! Signed cookies, checked with OpenSSL: another implementation, and the one that AWS documents.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use warmfront::clock::Clock;
use warmfront::failure::ErrorName;

use crate::cognito::PASSWORD;
use crate::log;
use crate::world::{World, small};

/// A folder that goes with the test.
struct Keys(PathBuf);

impl Drop for Keys {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl Keys {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("warmfront-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a private key; gives its PEM.
    fn make(&self, arguments: &str) -> String {
        let file = self.path("private.pem");
        openssl(arguments, &["-out".as_ref(), &file]);
        std::fs::read_to_string(&file).unwrap()
    }

    /// Asserts that the key that was made last has signed this.
    fn assert_signed(&self, text: &[u8], signature: &[u8]) {
        let [private, public] = ["private.pem", "public.pem"].map(|name| self.path(name));
        openssl(
            "pkey -pubout",
            &["-in".as_ref(), &private, "-out".as_ref(), &public],
        );
        let [text_file, signature_file] = ["text", "signature"].map(|name| self.path(name));
        std::fs::write(&text_file, text).unwrap();
        std::fs::write(&signature_file, signature).unwrap();
        openssl(
            "dgst -sha256",
            &[
                "-verify".as_ref(),
                &public,
                "-signature".as_ref(),
                &signature_file,
                &text_file,
            ],
        );
    }
}

fn openssl(arguments: &str, more: &[&Path]) {
    let ran = Command::new("openssl")
        .args(arguments.split(' '))
        .args(more)
        .output()
        .expect("openssl is installed");
    assert!(ran.status.success(), "{arguments}: {ran:?}");
}

fn secret(more: &Value) -> String {
    let mut secret = json!({ "username": "warmfront", "password": PASSWORD });
    secret
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    secret.to_string()
}

fn world(more: &Value) -> World {
    let mut world = World::new();
    world.step.config.signed_paths = vec!["/api/cost*".into()];
    world
        .cognito
        .with_state(|state| state.current.1 = secret(more));
    world
}

/// Base64 as CloudFront's documentation has it.
fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    let text = text.replace('-', "+").replace('_', "=").replace('~', "/");
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn requests_to_signed_paths_carry_cookies_that_openssl_verifies() {
    let keys = Keys::new("verified");
    for make in [
        "genrsa",
        "genrsa -traditional",
        "ecparam -genkey -noout -name prime256v1",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    ] {
        let pem = keys.make(make);
        let mut world =
            world(&json!({ "signingKeyId": "K2JCJMDEHXQW5F", "signingPrivateKey": pem }));
        let began = world.clock.now().as_second();
        world.refresh(small()).await.unwrap();
        for asked in world.edge.asked() {
            if !asked.path.starts_with("/api/cost") {
                assert_eq!(asked.cookie, "", "{}", asked.path);
                continue;
            }
            let cookies: HashMap<_, _> = asked
                .cookie
                .split("; ")
                .map(|cookie| cookie.split_once('=').unwrap())
                .collect();
            assert_eq!(cookies.len(), 4);
            assert_eq!(cookies["CloudFront-Key-Pair-Id"], "K2JCJMDEHXQW5F");
            assert_eq!(cookies["CloudFront-Hash-Algorithm"], "SHA256");
            let policy = decoded(cookies["CloudFront-Policy"]);
            keys.assert_signed(&policy, &decoded(cookies["CloudFront-Signature"]));
            let policy: Value = serde_json::from_slice(&policy).unwrap();
            let statement = &policy["Statement"][0];
            assert_eq!(
                statement["Resource"],
                "https://d111111abcdef8.cloudfront.net/*"
            );
            let until = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
                .as_i64()
                .unwrap();
            assert!((300..1_200).contains(&(until - began)), "{policy}");
            assert!(!log::lines().contains(cookies["CloudFront-Signature"]));
        }
        let signed = world.edge.asked_for("/api/cost");
        assert!(
            signed.iter().all(|asked| asked.cookie == signed[0].cookie),
            "signed once a call"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_sign_is_said_before_anything_is_purged() {
    let keys = Keys::new("refused");
    let good = keys.make("genrsa");
    let other_curve = keys.make("ecparam -genkey -noout -name secp384r1");
    for more in [
        json!({}),
        json!({ "signingKeyId": "K2JCJMDEHXQW5F" }),
        json!({ "signingPrivateKey": good }),
        json!({ "signingKeyId": "K2; Path=/", "signingPrivateKey": good }),
        json!({ "signingKeyId": "K2JCJMDEHXQW5F", "signingPrivateKey": other_curve }),
        json!({ "signingKeyId": "K2JCJMDEHXQW5F", "signingPrivateKey": "hunter2" }),
    ] {
        let mut world = world(&more);
        let (name, message) = world.fails(small()).await;
        assert_eq!(name, ErrorName::SecretMalformed, "{message}");
        assert!(
            message.contains("signingKeyId") && message.contains("SIGNED_PATHS"),
            "{message}"
        );
        assert!(
            !message.contains("hunter2") && !message.contains("BEGIN"),
            "{message}"
        );
        assert!(world.purges.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn without_signed_paths_no_key_is_needed() {
    let mut world = world(&json!({}));
    world.step.config.signed_paths.clear();
    world.refresh(small()).await.unwrap();
    assert!(
        world
            .edge
            .asked()
            .iter()
            .all(|asked| asked.cookie.is_empty())
    );
}
