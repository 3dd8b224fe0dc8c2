//! Links libtorch so that the built program needs no environment variable to run.

fn main() {
    // `torch-sys` tells its dependents where it found libtorch.
    if let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
    // Nothing refers to libtorch.so itself, so the linker would drop it; but in a CUDA build of
    // PyTorch it is the library that brings in the CUDA back end.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-ltorch");
        println!("cargo:rustc-link-arg=-Wl,--as-needed");
    }
}
