//! Signed URLs and cookies, signed by Node as an application would.

use serde_json::{Value, json};

use crate::stage::{Script, Stage, write_template};

/// Keys, and signatures of texts: `[["sha1", "rsa", text], …]` gives `{rsa, ec, signatures}` in the form of URLs.
fn sign(texts: &[(&str, &str, &str)], keys: Option<&Value>) -> Value {
    let program = "
        const crypto = require('node:crypto');
        const [texts, given] = JSON.parse(process.argv[1]);
        const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } };
        const keys = given || {
            rsa: crypto.generateKeyPairSync('rsa', { modulusLength: 2048, ...pem }),
            ec: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256', ...pem }),
        };
        const url = (bytes) => bytes.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
        const signatures = texts.map(([hash, key, text]) => url(crypto.sign(hash, Buffer.from(text), keys[key].privateKey)));
        const encoded = texts.map(([, , text]) => url(Buffer.from(text)));
        console.log(JSON.stringify({ keys, signatures, encoded }));";
    let output = std::process::Command::new("node")
        .args(["-e", program, &json!([texts, keys]).to_string()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{told}"))
}

/// `/open/*` is protected by a group of both keys.
async fn stage(name: &str, keys: &Value) -> Stage {
    let path = write_template(name, |body| {
        let resources = &mut body["Resources"];
        for (id, key) in [("Rsa", "rsa"), ("Ec", "ec")] {
            resources[id] = json!({"Type": "AWS::CloudFront::PublicKey", "Properties": {"PublicKeyConfig": {
                "Name": id, "CallerReference": id, "EncodedKey": keys[key]["publicKey"]}}});
        }
        resources["Group"] = json!({"Type": "AWS::CloudFront::KeyGroup", "Properties": {"KeyGroupConfig": {
            "Name": "g", "Items": [{"Ref": "Rsa"}, {"Ref": "Ec"}]}}});
        let config = &mut resources["Distribution"]["Properties"]["DistributionConfig"];
        let mut own = config["CacheBehaviors"][2].clone();
        own["TrustedKeyGroups"] = json!([{"Ref": "Group"}]);
        config["CacheBehaviors"] = json!([own]);
    });
    Stage::start_with(|options| options.templates = vec![path]).await
}

const FAR: u64 = 4_000_000_000;

fn canned(stage: &Stage, target: &str, until: u64) -> String {
    let domain = &stage.cloudfront.ready().distributions[0].domain_name;
    format!(
        "{{\"Statement\":[{{\"Resource\":\"https://{domain}{target}\",\"Condition\":{{\"DateLessThan\":{{\"AWS:EpochTime\":{until}}}}}}}]}}"
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_protected_path_is_open_to_signed_urls_and_to_nothing_else() {
    let keys = sign(&[], None)["keys"].clone();
    let stage = stage("signed-urls", &keys).await;
    stage.origin.answers("/open/x", Script::ok("private"));
    let [rsa, ec] = ["Rsa", "Ec"].map(|name| stage.cloudfront.ready().public_keys[name].clone());
    let plain = canned(&stage, "/open/x", FAR);
    let with_query = canned(&stage, "/open/x?organization=a", FAR);
    let past = canned(&stage, "/open/x", 1);
    let texts = [
        ("sha1", "rsa", plain.as_str()),
        ("sha256", "rsa", &plain),
        ("sha1", "ec", &plain),
        ("sha1", "rsa", &with_query),
        ("sha1", "rsa", &past),
    ];
    let signed = sign(&texts, Some(&keys));
    let url = |query: &str, index: usize, key: &str, until: u64, more: &str| {
        let signature = text(&signed["signatures"][index]);
        format!("/open/x?{query}Expires={until}&Signature={signature}&Key-Pair-Id={key}{more}")
    };
    let cases = [
        ("/open/x".to_owned(), 403),
        (url("", 0, &rsa, FAR, ""), 200),
        (url("", 1, &rsa, FAR, "&Hash-Algorithm=SHA256"), 200),
        (url("", 2, &ec, FAR, ""), 200),
        (url("organization=a&", 3, &rsa, FAR, ""), 200),
        (url("", 1, &rsa, FAR, ""), 403),
        (url("", 0, &ec, FAR, ""), 403),
        (url("", 0, "K0", FAR, ""), 403),
        (url("organization=a&", 0, &rsa, FAR, ""), 403),
        (url("", 0, &rsa, FAR - 1, ""), 403),
        (url("", 4, &rsa, 1, ""), 403),
    ];
    for (target, status) in cases {
        let seen = stage.get(&target, &[]).await;
        assert_eq!(seen.status, status, "{target}");
        let code = match target.as_str() {
            "/open/x" => "MissingKey",
            _ => "AccessDenied",
        };
        let is_told = status == 200 || seen.body.contains(code);
        assert!(is_told, "{target}: {}", seen.body);
    }
    let asked: Vec<String> = stage
        .origin
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(
        asked,
        ["/open/x", "/open/x?organization=a"],
        "the signature is no part of the key"
    );
    assert_eq!(
        stage.get("/elsewhere", &[]).await.status,
        200,
        "only the behavior is protected"
    );
}

#[tokio::test]
async fn a_custom_policy_in_cookies_grants_what_it_names_and_the_origin_does_not_see_it() {
    let keys = sign(&[], None)["keys"].clone();
    let stage = stage("signed-cookies", &keys).await;
    let rsa = stage.cloudfront.ready().public_keys["Rsa"].clone();
    let policy = |resource: &str, range: &str| {
        json!({"Statement": [{"Resource": resource, "Condition": {
            "DateLessThan": {"AWS:EpochTime": FAR}, "IpAddress": {"AWS:SourceIp": range}}}]})
        .to_string()
    };
    let domain = &stage.cloudfront.ready().distributions[0].domain_name;
    let ours = policy(&format!("https://{domain}/open/t/*"), "127.0.0.0/8");
    let elsewhere = policy("*", "192.0.2.0/24");
    let signed = sign(
        &[("sha1", "rsa", &ours), ("sha1", "rsa", &elsewhere)],
        Some(&keys),
    );
    let cookie = |index: usize| {
        let (policy, signature) = (
            text(&signed["encoded"][index]),
            text(&signed["signatures"][index]),
        );
        format!(
            "CloudFront-Policy={policy}; CloudFront-Signature={signature}; CloudFront-Key-Pair-Id={rsa}"
        )
    };
    let get = async |target: &str, index: usize| {
        stage
            .get(target, &[("cookie", &cookie(index))])
            .await
            .status
    };
    assert_eq!(get("/open/t/a", 0).await, 200);
    assert_eq!(get("/open/u", 0).await, 403);
    assert_eq!(get("/open/t/a", 1).await, 403, "from another address");
    assert!(!stage.origin.asked()[0].headers.contains_key("cookie"));
}
