//! Compiles librdkafka from the source that rdkafka-sys brings along, with `patches/` applied: one list of files and one
//! `config.h` for every platform, no configure, no make, no cmake.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Sources that this build has no use for.
const LEFT_OUT: &[&str] = &[
  // libcurl's, for OAUTHBEARER with OIDC
  "rdhttp.c",
  "rdkafka_sasl_oauthbearer_oidc.c",
  // Cyrus SASL's, for Kerberos
  "rdkafka_sasl_cyrus.c",
];

/// Windows' own Kerberos, and a replacement for the regular expressions that Windows' C library lacks.
const WINDOWS_ONLY: &[&str] = &["rdkafka_sasl_win32.c", "regexp.c"];

/// Compiled with -O3, as librdkafka's own build does.
const HOT: &[&str] = &["lz4.c", "lz4frame.c", "lz4hc.c", "rdkafka_lz4.c", "rdxxhash.c"];

/// Compiled for size: what no record goes through. It keeps the packages small, see `__test__/install/package.test.js`.
const COLD: &[&str] = &[
  "cJSON.c",
  "rdaddr.c",
  "rdhdrhistogram.c",
  "rdkafka_admin.c",
  "rdkafka_assignment.c",
  "rdkafka_assignor.c",
  "rdkafka_aux.c",
  "rdkafka_cert.c",
  "rdkafka_coord.c",
  "rdkafka_error.c",
  "rdkafka_event.c",
  "rdkafka_feature.c",
  "rdkafka_idempotence.c",
  "rdkafka_metadata.c",
  "rdkafka_metadata_cache.c",
  "rdkafka_mock.c",
  "rdkafka_mock_cgrp.c",
  "rdkafka_mock_handlers.c",
  "rdkafka_offset.c",
  "rdkafka_range_assignor.c",
  "rdkafka_roundrobin_assignor.c",
  "rdkafka_sasl.c",
  "rdkafka_sasl_oauthbearer.c",
  "rdkafka_sasl_plain.c",
  "rdkafka_sasl_scram.c",
  "rdkafka_ssl.c",
  "rdkafka_sticky_assignor.c",
  "rdkafka_subscription.c",
  "rdkafka_telemetry.c",
  "rdkafka_telemetry_decode.c",
  "rdkafka_telemetry_encode.c",
  "rdkafka_txnmgr.c",
  "rdunittest.c",
];

/// Functions that the addon's C files stand in for, by the file that defines them. There they are compiled under the name
/// `original_...`, so whoever links this library must define them: the addon in src/ffi/shims, others by calling the
/// original. The preprocessor does it, and only in the file of the definition: what is called from there is the original.
const REPLACED: &[(&str, &[&str])] = &[
  ("rdkafka_request.c", &["rd_kafka_ProduceRequest", "rd_kafka_JoinGroupRequest", "rd_kafka_OffsetCommitRequest"]),
  ("rdkafka_buf.c", &["rd_kafka_buf_retry"]),
  ("rdkafka_msg.c", &["rd_kafka_msgbatch_destroy"]),
  // Called there too, but not for what a broker has answered.
  ("rdkafka_broker.c", &["rd_kafka_dr_msgq0", "rd_kafka_broker_decommission"]),
  // Called there too, but not without a group.
  ("rdkafka_cgrp.c", &["rd_kafka_cgrp_op"]),
];

/// Our file with what Windows' C library does otherwise than librdkafka expects.
const WINDOWS_OWN: &str = "windows.c";

/// Our files that stand in for one of librdkafka's, which they include.
const EXTENDED: &[(&str, &str)] = &[("rdkafka_conf.c", "properties.c")];

/// Our repairs of librdkafka, in the order of their names: each a `git diff` of its folder `src`, and what it is about in
/// front of that. For faults inside its functions, where a shim cannot reach. See docs/upgrading-librdkafka.md.
const PATCHES: &str = "patches";

fn main() {
  println!("cargo::rerun-if-changed={PATCHES}");
  // The source is rdkafka-sys's, whose version is in there.
  println!("cargo::rerun-if-changed=../Cargo.lock");
  for file in ["build.rs", "config.h", WINDOWS_OWN].iter().chain(EXTENDED.iter().map(|(_, ours)| ours)) {
    println!("cargo::rerun-if-changed={file}");
  }
  assert!(
    env::var_os("DEP_RDKAFKA_ROOT").is_none(),
    "rdkafka-sys has built a librdkafka of its own: add [target.{}.rdkafka] to .cargo/config.toml, and run cargo inside \
     this checkout",
    env::var("TARGET").unwrap()
  );
  let source = patched(&librdkafka_source());
  let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
  // Beside the source, where librdkafka looks for "../config.h". And whoever gets these paths must not depend on this
  // checkout: another one that shares the target folder uses what was built here, even when this one is gone.
  let config = source.with_file_name("config.h");
  fs::write(&config, fs::read(own.join("config.h")).expect("config.h")).expect("OUT_DIR can be written to");
  let includes =
    [source.clone(), header_dir("DEP_OPENSSL_INCLUDE"), header_dir("DEP_Z_INCLUDE"), header_dir("DEP_ZSTD_INCLUDE")];
  // Assertions name their file: a path that is the same wherever this is built.
  let same_paths = format!("-ffile-prefix-map={}=librdkafka", source.parent().unwrap().display());
  let common = || {
    let mut build = cc::Build::new();
    build.flag_if_supported(&same_paths);
    build.std("gnu11").warnings(false).opt_level(2).flag("-fvisibility=hidden").includes(&includes);
    build.flag("-include").flag(&config);
    build
  };

  let (mut plain, mut hot, mut cold) = (Vec::new(), Vec::new(), Vec::new());
  for file in c_files(&source) {
    let name = file.file_name().unwrap().to_str().unwrap();
    if REPLACED.iter().any(|(replaced, _)| *replaced == name) {
      continue;
    }
    if let Some((_, ours)) = EXTENDED.iter().find(|(extended, _)| *extended == name) {
      plain.push(own.join(ours));
      continue;
    }
    let group = match name {
      _ if HOT.contains(&name) => &mut hot,
      _ if COLD.contains(&name) => &mut cold,
      _ => &mut plain,
    };
    group.push(file);
  }
  if env::var("CARGO_CFG_TARGET_OS").unwrap() == "windows" {
    plain.push(own.join(WINDOWS_OWN));
  }
  let mut objects = common().opt_level(3).files(hot).compile_intermediates();
  objects.extend(common().opt_level_str("s").files(cold).compile_intermediates());
  for (file, functions) in REPLACED {
    let mut build = common();
    for function in *functions {
      build.define(function, format!("original_{function}").as_str());
    }
    objects.extend(build.file(source.join(file)).compile_intermediates());
  }
  // Whole, so that the order in which a linker meets libraries does not matter.
  common().files(plain).objects(objects).link_lib_modifier("+whole-archive").compile("rdkafka");

  println!("cargo::metadata=includes={}", env::join_paths(&includes).unwrap().to_str().unwrap());
  println!("cargo::metadata=config={}", config.display());
  system_libraries();
}

/// The folder `librdkafka/src` of the rdkafka-sys that Cargo.lock names.
fn librdkafka_source() -> PathBuf {
  let output = Command::new(env::var_os("CARGO").unwrap())
    .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &env::var("TARGET").unwrap()])
    .output()
    .expect("cargo cannot be run");
  assert!(output.status.success(), "cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
  let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
  let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
  let manifest = packages
    .iter()
    .find(|package| package["name"] == "rdkafka-sys")
    .and_then(|package| package["manifest_path"].as_str())
    .expect("rdkafka-sys is a dependency");
  Path::new(manifest).with_file_name("librdkafka").join("src")
}

/// A copy of the source, with the patches.
fn patched(original: &Path) -> PathBuf {
  let copy = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("src");
  if copy.exists() {
    fs::remove_dir_all(&copy).expect("the last copy of the source can be removed");
  }
  copy_dir(original, &copy);
  let mut patches: Vec<PathBuf> = fs::read_dir(PATCHES).expect("patches").map(|entry| entry.unwrap().path()).collect();
  patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
  patches.sort();
  for path in patches {
    let text = fs::read_to_string(&path).unwrap();
    for change in text.split("diff --git ").skip(1) {
      let wrong = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}:\n{change}", path.display()) };
      let patch = diffy::Patch::from_str(change).unwrap_or_else(|error| wrong(&error));
      let name = patch.original().and_then(|name| name.strip_prefix("src/"));
      let file = copy.join(name.unwrap_or_else(|| wrong(&"names no file in src/")));
      let before = fs::read_to_string(&file).unwrap_or_else(|error| wrong(&error));
      let after = diffy::apply(&before, &patch).unwrap_or_else(|error| wrong(&error));
      fs::write(&file, after).unwrap();
    }
  }
  copy
}

fn copy_dir(from: &Path, to: &Path) {
  fs::create_dir_all(to).unwrap();
  for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display())) {
    let entry = entry.unwrap();
    let target = to.join(entry.file_name());
    if entry.file_type().unwrap().is_dir() {
      copy_dir(&entry.path(), &target);
    } else {
      // Not fs::copy: it keeps the permissions, and a registry may be read-only.
      fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
    }
  }
}

fn header_dir(variable: &str) -> PathBuf {
  PathBuf::from(env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: is it built from source?")))
}

fn c_files(source: &Path) -> Vec<PathBuf> {
  let windows = env::var("CARGO_CFG_TARGET_OS").unwrap() == "windows";
  let mut files = Vec::new();
  for dir in [source.to_owned(), source.join("nanopb"), source.join("opentelemetry")] {
    for entry in fs::read_dir(&dir).unwrap_or_else(|error| panic!("cannot read {}: {error}", dir.display())) {
      let path = entry.unwrap().path();
      let name = path.file_name().unwrap().to_str().unwrap();
      let wanted = name.ends_with(".c") && !LEFT_OUT.contains(&name) && (windows || !WINDOWS_ONLY.contains(&name));
      if wanted {
        files.push(path);
      }
    }
  }
  files.sort();
  files
}

fn system_libraries() {
  let libraries: &[&str] = match env::var("CARGO_CFG_TARGET_OS").unwrap().as_str() {
    "windows" => &["ws2_32", "secur32", "crypt32"],
    "linux" => &["m", "dl", "pthread"],
    _ => &[],
  };
  for library in libraries {
    println!("cargo::rustc-link-lib={library}");
  }
}
