#!/usr/bin/env bash
# picocli's completion offers the values of one option for others that have the same parameter label.
#
# info.picocli:picocli 4.7.7 writes a bash script that completes commands (picocli.AutoComplete). It puts the candidates of an
# option into a shell variable of the function, which it names after the option's paramLabel and not after the option. Where
# two options of a command have the same label, say NAME, and each its own completionCandidates, both write to the same
# variable: the second list replaces the first, and both options complete with it. The script has no warning of it. Here an
# option --fruit with apple and plum, and --metal with iron and tin, both labelled NAME: after --fruit, Tab offers the metals.
# With a label of its own for each option, each completes with its own values (JDK 17, bash 5.2, 2026-11-29).
#
# Needs a JDK 17 or newer, Maven and bash.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
  -Dartifact=info.picocli:picocli:4.7.7 -DoutputDirectory=. >maven.log 2>&1 || { cat maven.log; exit 1; }

cat >Shop.java <<'JAVA'
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class Shop {
    public static void main(String[] labels) {
        CommandSpec shop = CommandSpec.create().name("shop");
        shop.addOption(option("--fruit", labels[0], List.of("apple", "plum")));
        shop.addOption(option("--metal", labels[1], List.of("iron", "tin")));
        System.out.println(AutoComplete.bash("shop", new CommandLine(shop)));
    }

    static OptionSpec option(String name, String label, List<String> values) {
        return OptionSpec.builder(name).type(String.class).paramLabel(label).completionCandidates(values).build();
    }
}
JAVA

# What Tab offers after an option, by the function that the script registers.
offered() (
  source "$1" 2>/dev/null
  function=$(complete -p shop | sed 's/.*-F \([^ ]*\).*/\1/')
  COMP_WORDS=(shop "$2" "") COMP_CWORD=2 COMP_LINE="shop $2 " COMP_POINT=$((6 + ${#2})) COMP_TYPE=9
  "$function" >/dev/null 2>&1 || true
  echo "${COMPREPLY[*]}"
)

for labels in "NAME NAME" "FRUIT METAL"; do
  # shellcheck disable=SC2086 # two words
  java -cp picocli-4.7.7.jar Shop.java $labels >completion.bash
  for option in --fruit --metal; do
    echo "labels $labels: $option offers $(offered completion.bash "$option")"
  done
done | tee output

expected='labels NAME NAME: --fruit offers iron tin
labels NAME NAME: --metal offers iron tin
labels FRUIT METAL: --fruit offers apple plum
labels FRUIT METAL: --metal offers iron tin'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
