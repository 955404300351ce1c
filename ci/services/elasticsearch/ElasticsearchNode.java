import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;

/**
 * One node of Elasticsearch on a free port of the loopback interface, for tests.
 *
 * <p>Arguments: the folder of its modules' folder; a folder for all it writes; the number of a
 * process, with which it ends however that ends; and settings, each as NAME=VALUE. When it answers,
 * its port stands in the second folder's file "port".
 */
public final class ElasticsearchNode {
    private static final List<String> SETTINGS =
            List.of(
                    "cluster.name=agentrig",
                    "node.name=node",
                    "http.host=127.0.0.1",
                    "http.port=0",
                    "transport.host=127.0.0.1",
                    "transport.port=0",
                    "discovery.type=single-node",
                    // A full disk is what tests of another kind are about.
                    "cluster.routing.allocation.disk.threshold_enabled=false");

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        ProcessHandle owner = ProcessHandle.of(Long.parseLong(args[2])).orElseThrow();
        List<String> wanted = Arrays.asList(args).subList(3, args.length);

        LogConfigurator.configureESLogging();
        Settings.Builder settings =
                Settings.builder()
                        .put("path.home", args[0])
                        .put("path.data", folder.resolve("data").toString())
                        .put("path.logs", folder.resolve("logs").toString());
        for (List<String> all : List.of(SETTINGS, wanted)) {
            for (String setting : all) {
                String[] parts = setting.split("=", 2);
                settings.put(parts[0], parts[1]);
            }
        }
        Path config = Files.createDirectories(folder.resolve("config"));
        Node node = new Node(new Environment(settings.build(), config));
        node.start();
        HttpServerTransport http = node.injector().getInstance(HttpServerTransport.class);
        write(folder, http.boundAddress().publishAddress().getPort());

        while (owner.isAlive()) {
            Thread.sleep(200);
        }
        System.exit(0);
    }

    private static void write(Path folder, int port) throws IOException {
        Path written = folder.resolve("port.new");
        Files.writeString(written, Integer.toString(port));
        Files.move(written, folder.resolve("port"), StandardCopyOption.ATOMIC_MOVE);
    }
}
