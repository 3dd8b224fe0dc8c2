//! Link options of the plug-in library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The standard library and some dependencies leave thread-local destructors with every thread that has called into the
    // plug-in. A host that unloads the library before such a thread ends would jump into unmapped memory, so the library stays.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
