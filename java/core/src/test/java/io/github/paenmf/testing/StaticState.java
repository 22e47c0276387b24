package io.github.paenmf.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Set;

/** That classes keep no state: what two users in one JVM would share. */
public final class StaticState {

    private static final Set<String> MUTABLE = Set.of(
            "java.lang.StringBuilder",
            "java.lang.ThreadLocal",
            "java.util.Random",
            "java.util.SplittableRandom",
            "java.util.BitSet");

    private StaticState() {}

    /**
     * Fails where a static field is not final, is of a type that changes, or is made as a collection that does.
     *
     * @param allowed fields as Class.NAME, without the package, that are of the process and not of a user
     */
    public static void refuse(JavaClasses classes, String... allowed) {
        Set<String> names = Set.of(allowed);
        DescribedPredicate<JavaField> stateless = DescribedPredicate.describe(
                "are static and not allowed to change",
                field -> field.getModifiers().contains(JavaModifier.STATIC)
                        && !field.getModifiers().contains(JavaModifier.SYNTHETIC)
                        && !names.contains(field.getOwner().getSimpleName() + "." + field.getName()));
        fields().that(stateless).should().beFinal().check(classes);
        fields().that(stateless)
                .should()
                .notHaveRawType(DescribedPredicate.describe(
                        "a type that changes",
                        type -> MUTABLE.contains(type.getName())
                                || type.getPackageName().equals("java.util.concurrent.atomic")))
                .check(classes);
        noClasses()
                .that(DescribedPredicate.describe(
                        "hold no allowed field",
                        type -> names.stream().noneMatch(name -> name.startsWith(type.getSimpleName() + "."))))
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        "a static initialiser makes a collection that changes", StaticState::makesCollection))
                .check(classes);
    }

    private static boolean makesCollection(JavaAccess<?> access) {
        String target = access.getTargetOwner().getName();
        return access.getOrigin().getName().equals("<clinit>")
                && target.startsWith("java.util.")
                && (access.getName().equals("<init>") || access.getName().equals("newKeySet"));
    }
}
