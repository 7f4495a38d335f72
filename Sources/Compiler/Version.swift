/// The version of the program, as `--version` and the header of every product show it.
package let programVersion = "0.1.0"
