using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>Recognizes requests that no visitor sends.</summary>
internal static class KnownProbes
{
    /// <summary>Parts of targets that scanners request from every server.</summary>
    private static readonly string[] s_targets =
    [
        "/.env", "/.git/", "/.aws/", "/.ssh/", "/.DS_Store", "/wp-login.php", "/wp-admin", "/wp-content/plugins/",
        "/xmlrpc.php", "/phpmyadmin", "/pma/", "/cgi-bin/", "/vendor/phpunit", "/actuator", "/boaform", "/HNAP1",
        "/solr/admin", "/manager/html", "/server-status", "/setup.cgi", "/shell", "/etc/passwd", "../", "%2e%2e",
        "<script", "%3cscript", "union+select", "union%20select", "${jndi:", "/eval-stdin.php",
    ];

    /// <summary>Parts of the user agents of scanners.</summary>
    private static readonly string[] s_agents =
        ["sqlmap", "nikto", "nuclei", "masscan", "zgrab", "nmap", "dirbuster", "gobuster", "wpscan"];

    /// <summary>
    /// True for a request that looks for a known weakness. A target counts only if the request failed: a site with that
    /// page has visitors there.
    /// </summary>
    public static bool Include(AccessLine request) =>
        request.Method == AccessLine.NoMethod
        || (request.Status >= 400 && ContainsAny(request.Target, s_targets))
        || (request.Agent is { } agent && ContainsAny(agent, s_agents));

    private static bool ContainsAny(string text, string[] parts)
    {
        foreach (string part in parts)
        {
            if (text.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
