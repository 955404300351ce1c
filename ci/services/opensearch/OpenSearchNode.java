import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.http.HttpServerTransport;

/**
 * One node of OpenSearch on a free port of the loopback interface, for tests.
 *
 * <p>Arguments: a folder for all it writes; the number of a process, with which it ends however that
 * ends; and settings, each as NAME=VALUE. When it answers, its port stands in the folder's file
 * "port".
 */
public final class OpenSearchNode {
    private static final List<String> SETTINGS =
            List.of(
                    "http.host=127.0.0.1",
                    "http.port=0",
                    "transport.host=127.0.0.1",
                    "transport.port=0",
                    "discovery.type=single-node",
                    // A full disk is what tests of another kind are about.
                    "cluster.routing.allocation.disk.threshold_enabled=false");

    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        ProcessHandle owner = ProcessHandle.of(Long.parseLong(args[1])).orElseThrow();
        List<String> wanted = Arrays.asList(args).subList(2, args.length);

        OpenSearchRunner runner = new OpenSearchRunner();
        // It looks for a free port by trying; the system knows one for sure.
        runner.setMaxHttpPort(-1);
        runner.onBuild(
                (number, settings) -> {
                    for (List<String> all : List.of(SETTINGS, wanted)) {
                        for (String setting : all) {
                            String[] parts = setting.split("=", 2);
                            settings.put(parts[0], parts[1]);
                        }
                    }
                });
        runner.build(
                OpenSearchRunner.newConfigs()
                        .basePath(folder.resolve("node").toString())
                        .clusterName("agentrig")
                        .numOfNode(1)
                        .printOnFailure());
        HttpServerTransport http = runner.node().injector().getInstance(HttpServerTransport.class);
        int port = http.boundAddress().publishAddress().getPort();
        Path written = folder.resolve("port.new");
        Files.writeString(written, Integer.toString(port));
        Files.move(written, folder.resolve("port"), StandardCopyOption.ATOMIC_MOVE);

        while (owner.isAlive()) {
            Thread.sleep(200);
        }
        System.exit(0);
    }
}
